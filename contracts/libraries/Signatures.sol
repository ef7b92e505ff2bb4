// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Acts} from "./Acts.sol";
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
        if (r != 0) return Acts.recover(digest, r, vs);
        if (uint256(vs) >= proofs.length) return 0;
        bytes calldata proof = proofs[uint256(vs)];
        if (proof.length == 129 && proof[0] == P256) return _p256(digest, proof);
        if (proof.length != 0 && proof[0] == WALLET) return _wallet(digest, account, proof[1:]);
        return 0;
    }

    /// @dev The message that a browser's WebCrypto signs is hashed by it once more, always with SHA-256. The precompile
    /// takes a high s and its twin alike; only the low one is accepted here.
    function _p256(bytes32 digest, bytes calldata proof) private view returns (bytes32) {
        (bytes32 qx, bytes32 qy) = (bytes32(proof[1:33]), bytes32(proof[33:65]));
        (bytes32 r, bytes32 s) = (bytes32(proof[65:97]), bytes32(proof[97:129]));
        if (uint256(s) > P256_HALF_ORDER) return 0;
        bytes memory question = abi.encode(sha256(abi.encodePacked(digest)), r, s, qx, qy);
        bool valid = Acts.answers(P256_VERIFY, gasleft(), question, bytes32(uint256(1)));
        return valid ? Hashes.efficientKeccak256(qx, qy) : bytes32(0);
    }

    function _wallet(bytes32 digest, address account, bytes calldata signature) private view returns (bytes32) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        // a wallet starved by the carrier would refuse a good act
        if (gasleft() < WALLET_GAS_NEEDED) revert ILotLedger.GasTooLow(WALLET_GAS_NEEDED, gasleft());
        bool valid = Acts.answers(account, WALLET_GAS, question, bytes32(IERC1271.isValidSignature.selector));
        return valid ? bytes32(uint256(uint160(account))) : bytes32(0);
    }
}
