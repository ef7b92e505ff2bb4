// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Memory as a library may find it, and as it must leave it.
abstract contract Dirty {
    /// @dev Runs a function over memory that is not zero, from scratch space to far beyond the free memory pointer; after
    /// it the zero slot must be zero, and the pointer not before what was allocated, nor in the clouds.
    modifier dirty() {
        bytes memory dirt = abi.encode(msg.data, gasleft(), msg.data, keccak256(msg.data), msg.data);
        uint256 free;
        assembly ("memory-safe") {
            let noise := not(keccak256(dirt, 0x80))
            mstore(0, noise)
            mstore(0x20, noise)
            // forgotten, but not wiped
            free := add(dirt, 0x20)
            mstore(0x40, free)
        }
        _;
        uint256 zero;
        uint256 end;
        assembly ("memory-safe") {
            zero := mload(0x60)
            end := mload(0x40)
        }
        require(zero == 0, "the zero slot is not zero");
        require(end >= free && end < free + 10_000_000, "the free memory pointer is wrong");
    }
}
