// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Dirty} from "../support/Dirty.sol";
import {Signing} from "../support/Signing.sol";
import {VM} from "../support/Vm.sol";

/// @notice Runs the library over dirty memory.
contract SignaturesCaller is Dirty {
    function recover(bytes32 digest, bytes32 r, bytes32 vs) external view dirty returns (bytes32) {
        return Signatures.recover(digest, r, vs);
    }

    function answers(address target, uint256 gasLimit, bytes32 word) external view dirty returns (bool) {
        return Signatures.answers(target, gasLimit, "question", word);
    }
}

/// @notice Answers any call with the bytes it was made with, or reverts with them.
contract Answer {
    bytes private _bytes;
    bool private _reverts;

    constructor(bytes memory answer, bool reverts) {
        (_bytes, _reverts) = (answer, reverts);
    }

    fallback(bytes calldata question) external returns (bytes memory) {
        require(keccak256(question) == keccak256("question"), "another question");
        bytes memory answer = _bytes;
        if (!_reverts) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

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

    SignaturesCaller private immutable CALLER = new SignaturesCaller();

    function keyOf(
        bytes32 digest,
        bytes32 r,
        bytes32 vs,
        address account,
        bytes[] calldata proofs
    ) external view returns (bytes32 keyId, bytes32 hash) {
        return (Signatures.keyOf(digest, r, vs, account, proofs), Signatures.hashOf(r, vs, proofs));
    }

    function testFuzz_recover_givenRealSignatures_thenTheKey(uint256 privateKey, bytes32 digest) external view {
        privateKey = _privateKey(privateKey);
        (bytes32 r, bytes32 vs) = Signing.compact(privateKey, digest);
        assert(CALLER.recover(digest, r, vs) == _padded(VM.addr(privateKey)));
    }

    /// @dev Half of the arbitrary values have an r that is on no curve: they must give a zero key.
    function testFuzz_recover_givenAnything_thenAsOpenZeppelin(bytes32 digest, bytes32 r, bytes32 vs) external view {
        (address signer, , ) = ECDSA.tryRecover(digest, r, vs);
        assert(CALLER.recover(digest, r, vs) == _padded(signer));
    }

    /// @dev A compact signature has room for a high s only between half the order and 2^255.
    function testFuzz_recover_whenSIsHigh_thenZero(uint256 privateKey, bytes32 digest, uint256 seed) external view {
        uint256 halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
        (bytes32 r, ) = Signing.compact(_privateKey(privateKey), digest);
        bytes32 vs = bytes32(halfOrder + 1 + (seed % ((1 << 255) - 1 - halfOrder)));
        // the curve itself would take it
        assert(ecrecover(digest, 27, r, vs) != address(0));
        assert(CALLER.recover(digest, r, vs) == 0);
    }

    /// @dev What comes after the first word does not matter; a shorter answer is none.
    function testFuzz_answers_agreesWithAPlainCall(bytes memory answer, bytes32 word, uint8 how) external {
        if (how & 1 != 0) answer = abi.encodePacked(word, answer);
        Answer target = new Answer(answer, how & 2 != 0);
        (bool ok, bytes memory said) = address(target).staticcall("question");
        bool expected = ok && said.length > 31 && bytes32(said) == word;
        assert(CALLER.answers(address(target), gasleft(), word) == expected);
        assert(!CALLER.answers(address(target), 100, word));
        assert(!CALLER.answers(address(uint160(uint256(keccak256(answer)))), gasleft(), word));
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

    function _privateKey(uint256 seed) private pure returns (uint256) {
        return 1 + (seed % 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140);
    }

    function _padded(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
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
