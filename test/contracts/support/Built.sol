// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VM} from "./Vm.sol";

/// @notice The contracts as they were built: a test that names one with `new` would have it compiled once more, and with
/// the settings of tests.
library Built {
    /// @param name What the contract is called.
    /// @param arguments Those of its constructor, encoded.
    function deploy(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(VM.getCode(name), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), name);
    }

    /// @notice An access manager whose administrator is the caller.
    function manager() internal returns (address) {
        return deploy("AccessManager", abi.encode(address(this)));
    }
}
