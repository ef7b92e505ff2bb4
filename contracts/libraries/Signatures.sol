// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ILotLedger} from "../traceability/ILotLedger.sol";

/// @title Signatures
/// @notice Which key made a signature of any kind that {ILotActs} names.
library Signatures {
    uint256 private constant WALLET_GAS = 400_000;
    /// @dev What must be left so that a 63/64th part is {WALLET_GAS}, the call's own cost included.
    uint256 private constant WALLET_GAS_NEEDED = 415_000;
    uint256 private constant P256_HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;
    address private constant P256_VERIFY = address(0x100);
    bytes1 private constant P256 = 0x01;
    bytes1 private constant WALLET = 0x02;

    /// @notice keccak256 of a signature as its receipt names it; zero when there is no such proof.
    function hashOf(bytes32 r, bytes32 vs, bytes[] calldata proofs) internal pure returns (bytes32) {
        if (r != 0) return Hashes.efficientKeccak256(r, vs);
        return uint256(vs) < proofs.length ? keccak256(proofs[uint256(vs)]) : bytes32(0);
    }

    /// @notice The id of the key that signed a digest; zero when the signature is not valid. A wallet's key id is the
    /// account's own.
    /// @param account The account that the signature is to speak for.
    function keyOf(
        bytes32 digest,
        bytes32 r,
        bytes32 vs,
        address account,
        bytes[] calldata proofs
    ) internal view returns (bytes32 keyId) {
        if (r != 0) return recover(digest, r, vs);
        if (uint256(vs) >= proofs.length) return 0;
        bytes calldata proof = proofs[uint256(vs)];
        if (proof.length == 129 && proof[0] == P256) return _p256(digest, proof);
        if (proof.length != 0 && proof[0] == WALLET) return _wallet(digest, account, proof[1:]);
        return 0;
    }

    /// @notice The secp256k1 key that made a compact signature (EIP-2098), left-padded; zero for one that is malformed or
    /// has a high s.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (bytes32 key) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
            // not above half of the order of the curve
            if lt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1) {
                let free := mload(0x40)
                mstore(free, digest)
                mstore(add(free, 0x20), add(shr(255, vs), 27))
                mstore(add(free, 0x40), r)
                mstore(add(free, 0x60), s)
                mstore(0, 0) // stays zero when the precompile returns nothing
                pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
                key := mload(0)
            }
        }
    }

    /// @notice Whether a contract answers a call with exactly this word first, within so much gas. What else it returns is
    /// not read, so that it cannot make the caller pay for memory.
    function answers(
        address target,
        uint256 gasLimit,
        bytes memory data,
        bytes32 word
    ) internal view returns (bool yes) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, 0)
            let ok := staticcall(gasLimit, target, add(data, 0x20), mload(data), 0, 0x20)
            yes := and(and(ok, gt(returndatasize(), 0x1f)), eq(mload(0), word))
        }
    }

    /// @dev The message that a browser's WebCrypto signs is hashed by it once more, always with SHA-256. The precompile
    /// takes a high s and its twin alike; only the low one is accepted here.
    function _p256(bytes32 digest, bytes calldata proof) private view returns (bytes32) {
        (bytes32 qx, bytes32 qy) = (bytes32(proof[1:33]), bytes32(proof[33:65]));
        (bytes32 r, bytes32 s) = (bytes32(proof[65:97]), bytes32(proof[97:129]));
        if (uint256(s) > P256_HALF_ORDER) return 0;
        bytes memory question = abi.encode(sha256(abi.encodePacked(digest)), r, s, qx, qy);
        bool valid = answers(P256_VERIFY, gasleft(), question, bytes32(uint256(1)));
        return valid ? Hashes.efficientKeccak256(qx, qy) : bytes32(0);
    }

    function _wallet(bytes32 digest, address account, bytes calldata signature) private view returns (bytes32) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        // a wallet starved by the carrier would refuse a good act
        if (gasleft() < WALLET_GAS_NEEDED) revert ILotLedger.GasTooLow(WALLET_GAS_NEEDED, gasleft());
        bool valid = answers(account, WALLET_GAS, question, bytes32(IERC1271.isValidSignature.selector));
        return valid ? bytes32(uint256(uint160(account))) : bytes32(0);
    }
}
