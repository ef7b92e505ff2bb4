// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {VM} from "../support/Vm.sol";

/// @notice A wallet that knows one digest and one signature.
contract Wallet {
    bytes32 private immutable KNOWN;

    constructor(bytes32 digest, bytes memory signature) {
        KNOWN = keccak256(abi.encode(digest, signature));
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return keccak256(abi.encode(digest, signature)) == KNOWN ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Which key signed, against OpenZeppelin's libraries: for P-256 its own arithmetic, not the precompile.
contract SignaturesTest {
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;

    function keyOf(
        bytes32 digest,
        bytes32 r,
        bytes32 vs,
        address account,
        bytes[] calldata proofs
    ) external view returns (bytes32 keyId, bytes32 hash) {
        return (Signatures.keyOf(digest, r, vs, account, proofs), Signatures.hashOf(r, vs, proofs));
    }

    function testFuzz_keyOf_givenTwoWords_thenAsOpenZeppelin(bytes32 digest, bytes32 r, bytes32 vs) external view {
        if (r == 0) r = bytes32(uint256(1));
        (bytes32 key, bytes32 hash) = this.keyOf(digest, r, vs, address(this), new bytes[](0));
        (address signer, , ) = ECDSA.tryRecover(digest, r, vs);
        assert(key == bytes32(uint256(uint160(signer))));
        assert(hash == keccak256(abi.encodePacked(r, vs)));
    }

    /// @dev Real signatures, with one bit of proof or digest turned in half of the cases, or the twin of s.
    function testFuzz_keyOf_givenAProofOfP256_thenAsOpenZeppelin(
        uint256 privateKey,
        bytes32 digest,
        uint256 bit,
        uint8 how
    ) external view {
        privateKey = 1 + (privateKey % (P256_ORDER - 1));
        (uint256 x, uint256 y) = VM.publicKeyP256(privateKey);
        (bytes32 r, bytes32 s) = VM.signP256(privateKey, sha256(abi.encodePacked(digest)));
        bool high = uint256(s) > P256_ORDER / 2;
        // as the precompile, the signer takes no side
        if (high != (how % 4 == 1)) s = bytes32(P256_ORDER - uint256(s));
        bytes memory proof = abi.encodePacked(bytes1(0x01), x, y, r, s);
        if (how % 4 > 1) {
            bit = 8 + (bit % 1_024);
            proof[bit / 8] ^= bytes1(uint8(0x80 >> (bit % 8)));
        }
        (bytes32 key, bytes32 hash) = this.keyOf(digest, 0, bytes32(uint256(1)), address(this), _second(proof));
        assert(hash == keccak256(proof));
        bytes32[4] memory parts = _words(proof);
        bool valid = P256.verifySolidity(sha256(abi.encodePacked(digest)), parts[2], parts[3], parts[0], parts[1]);
        assert(valid == (how % 4 == 0));
        assert(key == (valid ? keccak256(abi.encodePacked(parts[0], parts[1])) : bytes32(0)));
    }

    function testFuzz_keyOf_givenAnyBytes_thenNoKey(bytes memory proof, bytes32 digest) external view {
        (bytes32 key, bytes32 hash) = this.keyOf(digest, 0, bytes32(uint256(1)), address(0xdead), _second(proof));
        assert(key == 0);
        assert(hash == keccak256(proof));
    }

    function testFuzz_keyOf_givenAWallet_thenItsWordDecides(
        bytes32 digest,
        bytes memory signature,
        bytes32 other,
        bytes memory more
    ) external {
        Wallet wallet = new Wallet(digest, signature);
        bytes32 id = bytes32(uint256(uint160(address(wallet))));
        assert(_asked(digest, address(wallet), signature) == id);
        assert(_asked(other, address(wallet), signature) == (other == digest ? id : bytes32(0)));
        if (more.length != 0) assert(_asked(digest, address(wallet), bytes.concat(signature, more)) == 0);
        // a wallet speaks for itself alone
        assert(_asked(digest, address(this), signature) == 0);
    }

    function testFuzz_keyOf_givenNoSuchProof_thenNoKey(
        bytes32 digest,
        uint256 index,
        bytes memory proof
    ) external view {
        if (index < 2) index += 2;
        (bytes32 key, bytes32 hash) = this.keyOf(digest, 0, bytes32(index), address(this), _second(proof));
        assert(key == 0);
        assert(hash == 0);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }

    function _asked(bytes32 digest, address account, bytes memory signature) private view returns (bytes32 key) {
        bytes[] memory proofs = _second(bytes.concat(bytes1(0x02), signature));
        (key, ) = this.keyOf(digest, 0, bytes32(uint256(1)), account, proofs);
    }

    function _second(bytes memory proof) private pure returns (bytes[] memory proofs) {
        proofs = new bytes[](2);
        proofs[1] = proof;
    }

    function _words(bytes memory proof) private pure returns (bytes32[4] memory parts) {
        for (uint256 i = 0; i < 128; ++i) parts[i / 32] |= bytes32(proof[1 + i]) >> (8 * (i % 32));
    }
}
