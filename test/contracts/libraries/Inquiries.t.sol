// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {Acts} from "../../../contracts/libraries/Acts.sol";
import {Inquiries} from "../../../contracts/libraries/Inquiries.sol";
import {Dirty} from "../support/Dirty.sol";
import {Messages} from "../support/Messages.sol";
import {Signing} from "../support/Signing.sol";

/// @notice Answers an inquiry with a word that depends on all of it, or reverts as told.
contract Echo {
    error Refused(uint256 count);

    bool private immutable REFUSES;

    constructor(bool refuses) {
        REFUSES = refuses;
    }

    function credentials(IParties.Signatory[] calldata signatories) external view returns (uint256[] memory words) {
        if (REFUSES) revert Refused(signatories.length);
        words = new uint256[](signatories.length);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = uint256(keccak256(abi.encode(i, signatories[i].account, signatories[i].keyId)));
        }
    }
}

/// @notice A register of any words, which answers by {Inquiries-answer}.
contract Answerer {
    mapping(address account => uint256) public standing;
    mapping(bytes32 keyId => uint256) public keys;

    function setStanding(address account, uint256 word) external {
        standing[account] = word;
    }

    function setKey(bytes32 keyId, uint256 word) external {
        keys[keyId] = word;
    }

    function credentials(IParties.Signatory[] calldata signatories) external view returns (uint256[] memory) {
        Inquiries.answer(signatories, standing, keys);
    }
}

/// @notice Gives the library calldata to read, over dirty memory.
contract InquiriesCaller is Dirty {
    using Inquiries for *;

    function recoverPair(
        Signed calldata s,
        uint256 count,
        uint256 i
    ) external view dirty returns (bytes32[] memory query, bool proved) {
        query = Inquiries.begin(count);
        proved = Inquiries.recoverPair(
            s.pair,
            s.giver,
            s.receiver,
            s.digest,
            s.structHash,
            s.receiptType,
            s.domain,
            query,
            i
        );
    }

    function setPairs(uint256[2][] calldata pairs) external view dirty returns (uint256[] memory words) {
        words = new uint256[](2 * pairs.length);
        for (uint256 i = 0; i < pairs.length; ++i) words.setPair(i, pairs[i][0], pairs[i][1]);
    }

    /// @param acts Giver, key, receiver, key.
    /// @return words The answer to an inquiry after all of them, act by act.
    function ask(
        IParties register,
        uint256[4][] calldata acts
    ) external view dirty returns (uint256[] memory words, bytes32[] memory query) {
        query = Inquiries.begin(2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            query.put(i, acts[i][0] >> 96, bytes32(acts[i][1]), acts[i][2] >> 96, bytes32(acts[i][3]));
        }
        words = register.ask(query);
        // what is allocated next must not overlap the answer
        bytes memory next = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) next[i] = 0xff;
        for (uint256 i = 0; i < acts.length; ++i) {
            (uint256 giver, uint256 receiver) = words.pairOf(i);
            require(giver == words[2 * i] && receiver == words[2 * i + 1], "not the act's own");
        }
    }
}

/// @dev What {Inquiries-recoverPair} is given.
struct Signed {
    Acts.SignaturePair pair;
    uint256 giver;
    uint256 receiver;
    bytes32 digest;
    bytes32 structHash;
    bytes32 receiptType;
    bytes32 domain;
}

/// @notice The assembly agrees with plain Solidity and with OpenZeppelin.
contract InquiriesTest {
    using Messages for *;

    InquiriesCaller private immutable CALLER = new InquiriesCaller();
    IParties private immutable ECHO = IParties(address(new Echo(false)));
    IParties private immutable REFUSING = IParties(address(new Echo(true)));
    Answerer private immutable REGISTER = new Answerer();

    /// @dev Real signatures, of which one is spoilt in most cases: turned, of a high s, zero, or of another kind.
    function testFuzz_recoverPair_agreesWithOpenZeppelin(
        Signed memory s,
        uint256[2] memory keys,
        uint256 drawn
    ) external view {
        (s.pair.giverR, s.pair.giverVs) = Signing.compact(_privateKey(keys[0]), s.digest);
        (s.pair.receiverR, s.pair.receiverVs) = Signing.compact(_privateKey(keys[1]), _receipt(s));
        uint256 how = drawn % 8;
        bytes32 bit = bytes32(1 << ((drawn >> 16) % 256));
        if (how == 1) s.pair.giverR ^= bit;
        if (how == 2) s.pair.giverVs ^= bit;
        if (how == 3) s.pair.receiverR ^= bit;
        if (how == 4) s.pair.receiverVs ^= bit;
        if (how == 5) s.pair.giverVs |= ~bytes32(0) >> (1 + ((drawn >> 16) % 3));
        if (how == 6) s.pair.receiverVs |= ~bytes32(0) >> (1 + ((drawn >> 16) % 3));
        if (how == 7) (s.pair.giverR, s.pair.receiverR) = drawn % 16 == 7 ? (bytes32(0), bit) : (bit, bytes32(0));

        uint256 acts = 1 + ((drawn >> 8) % 4);
        uint256 i = (drawn >> 10) % acts;
        (bytes32[] memory query, bool proved) = CALLER.recoverPair(s, 2 * acts, i);
        assert(proved == (how == 7));
        bytes32[] memory expected = new bytes32[](2 + 4 * acts);
        (expected[0], expected[1]) = (bytes32(uint256(0x20)), bytes32(2 * acts));
        if (!proved) {
            (expected[2 + 4 * i], expected[4 + 4 * i]) = (bytes32(s.giver), bytes32(s.receiver));
            expected[3 + 4 * i] = _signer(s.digest, s.pair.giverR, s.pair.giverVs);
            expected[5 + 4 * i] = _signer(_receipt(s), s.pair.receiverR, s.pair.receiverVs);
            if (how == 0) assert(expected[3 + 4 * i] != 0 && expected[5 + 4 * i] != 0);
        }
        assert(keccak256(abi.encode(query)) == keccak256(abi.encode(expected)));
    }

    function testFuzz_ask_agreesWithAPlainCall(uint256[4][] memory acts) external view {
        IParties.Signatory[] memory signatories = new IParties.Signatory[](2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            signatories[2 * i] = IParties.Signatory(address(uint160(acts[i][0] >> 96)), bytes32(acts[i][1]));
            signatories[2 * i + 1] = IParties.Signatory(address(uint160(acts[i][2] >> 96)), bytes32(acts[i][3]));
        }
        (uint256[] memory words, bytes32[] memory query) = CALLER.ask(ECHO, acts);
        assert(keccak256(abi.encode(words)) == keccak256(abi.encode(ECHO.credentials(signatories))));
        // the inquiry is the call's arguments, and is whole again after it
        bytes memory arguments = abi.encode(signatories);
        assert(keccak256(abi.encodePacked(query)) == keccak256(arguments));
    }

    function testFuzz_ask_whenTheRegisterReverts_thenRevertsWithItsError(uint8 count) external view {
        try CALLER.ask(REFUSING, new uint256[4][](count % 32)) {
            assert(false);
        } catch (bytes memory reason) {
            assert(keccak256(reason) == keccak256(abi.encodeWithSelector(Echo.Refused.selector, 2 * (count % 32))));
        }
    }

    function testFuzz_ask_whenThereIsNoRegister_thenReverts(uint256[4][] memory acts) external view {
        try CALLER.ask(IParties(address(0xdead)), acts) {
            assert(false);
        } catch {}
    }

    function testFuzz_setPair_setsTheActsOwnWords(uint256[2][] memory pairs) external view {
        uint256[] memory words = CALLER.setPairs(pairs);
        assert(words.length == 2 * pairs.length);
        for (uint256 i = 0; i < pairs.length; ++i) {
            assert(words[2 * i] == pairs[i][0] && words[2 * i + 1] == pairs[i][1]);
        }
    }

    /// @dev Four accounts and six keys of any words, so that most signatories stand there twice, and most are bound. Bits
    /// above the account, which no ABI coder would send, are drawn for some.
    function testFuzz_answer_agreesWithAPlainRegister(
        uint256[4] memory words,
        uint256[6] memory keys,
        uint16[] memory drawn,
        uint96 noise
    ) external {
        for (uint256 i = 0; i < 4; ++i) {
            // never more than dates, kinds and status: the rest is spare
            if (words[i] % 5 != 0) REGISTER.setStanding(_account(i), words[i] & ~uint256(type(uint88).max));
        }
        for (uint256 i = 0; i < 6; ++i) {
            if (keys[i] % 5 == 0) continue;
            uint256 owner = uint256(uint160(_account((keys[i] >> 8) % 5))) << 96;
            REGISTER.setKey(_key(i), owner | uint96(keys[i]));
        }
        bytes memory call = abi.encodePacked(Answerer.credentials.selector, uint256(0x20), drawn.length);
        bytes memory expected = abi.encode(uint256(0x20), drawn.length);
        for (uint256 i = 0; i < drawn.length; ++i) {
            // a quarter of the signatories are those of the act before
            if (i > 1 && drawn[i] >> 14 == 0) drawn[i] = drawn[i - 2];
            (address account, bytes32 keyId) = (_account(drawn[i] % 5), _key((drawn[i] >> 4) % 8));
            uint256 above = drawn[i] % 3 == 0 ? uint256(noise) << 160 : 0;
            call = abi.encodePacked(call, above | uint160(account), keyId);
            expected = abi.encodePacked(expected, _credential(account, keyId));
        }
        (bool ok, bytes memory answer) = address(REGISTER).staticcall(call);
        assert(ok && keccak256(answer) == keccak256(expected));
    }

    /// @dev What {IParties-credentials} says in words, from a register of words.
    function _credential(address account, bytes32 keyId) private view returns (uint256 word) {
        word = REGISTER.standing(account);
        if (word == 0) return 0;
        bool dated = word >> 255 == 1;
        if (keyId == bytes32(uint256(uint160(account))) && !dated) return word | (1 << 80) | type(uint40).max;
        uint256 key = REGISTER.keys(keyId);
        if (address(uint160(key >> 96)) != account) return word;
        return word | (1 << 80) | (uint256(uint40(key >> 56)) << 40) | uint40(key >> 16);
    }

    /// @dev The last is the zero account, which is never registered.
    function _account(uint256 i) private pure returns (address) {
        return i == 4 ? address(0) : address(uint160(uint256(keccak256(abi.encode(i)))));
    }

    /// @dev The first are the accounts' own, the last two were never bound.
    function _key(uint256 i) private pure returns (bytes32) {
        if (i == 7) return 0;
        return i < 4 ? bytes32(uint256(uint160(_account(i)))) : keccak256(abi.encode("key", i));
    }

    function _receipt(Signed memory s) private pure returns (bytes32) {
        bytes32 signed = keccak256(abi.encodePacked(s.pair.giverR, s.pair.giverVs));
        return s.domain.digest(keccak256(abi.encode(s.receiptType, s.structHash, signed)));
    }

    function _signer(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (bytes32) {
        (address signer, , ) = ECDSA.tryRecover(digest, r, vs);
        return bytes32(uint256(uint160(signer)));
    }

    function _privateKey(uint256 seed) private pure returns (uint256) {
        return 1 + (seed % 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140);
    }
}
