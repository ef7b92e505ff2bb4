// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Domains
/// @notice The EIP-712 domain of every signed message: {name: "Tidemark", version: "1", chainId, verifyingContract}.
library Domains {
    /// @notice The separator that is signed under.
    /// @param verifyingContract The authority under which the messages were first signed. It stays what it is when the
    /// authority is replaced: what is signed and not yet carried must remain good.
    function separator(address verifyingContract) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("Tidemark"),
                    keccak256("1"),
                    block.chainid,
                    verifyingContract
                )
            );
    }
}
