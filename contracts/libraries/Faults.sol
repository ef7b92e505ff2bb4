// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Faults
/// @notice Errors with their values, encoded, a word each: why an act is skipped. One place for it is smaller than
/// encoding them where they are found.
library Faults {
    function because(bytes4 error_, bytes32 lot) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(error_, lot);
    }

    function because(bytes4 error_, address account) internal pure returns (bytes memory) {
        return because(error_, bytes32(uint256(uint160(account))));
    }

    function because(bytes4 error_, bytes32 lot, uint256 second) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(error_, lot, second);
    }

    function because(bytes4 error_, bytes32 lot, uint256 second, uint256 third) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(error_, lot, second, third);
    }

    function because(bytes4 error_, bytes32 lot, address second, address third) internal pure returns (bytes memory) {
        return because(error_, lot, uint160(second), uint160(third));
    }
}
