// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHashes} from "../../../contracts/libraries/ActHashes.sol";
import {Acts} from "../../../contracts/libraries/Acts.sol";
import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {ILotEvents} from "../../../contracts/traceability/ILotEvents.sol";
import {Dirty} from "../support/Dirty.sol";
import {Messages} from "../support/Messages.sol";
import {Signing} from "../support/Signing.sol";
import {Log, VM} from "../support/Vm.sol";

/// @notice Gives the library calldata to read, over dirty memory.
contract ActsCaller is Dirty {
    using Acts for *;

    function hashCollect(
        ILotActs.CollectAct calldata act,
        bytes32 domain
    ) external view dirty returns (bytes32 digest, bytes32 structHash) {
        return act.hashCollect(domain);
    }

    function hashHandoff(
        ILotActs.HandoffAct calldata act,
        bytes32 domain
    ) external view dirty returns (bytes32 digest, bytes32 structHash) {
        return act.hashHandoff(domain);
    }

    function hashReceipt(
        bytes32 receiptType,
        bytes32 structHash,
        bytes32 signatureHash,
        bytes32 domain
    ) external view dirty returns (bytes32) {
        return Acts.hashReceipt(receiptType, structHash, signatureHash, domain);
    }

    function typed(bytes32 domain, bytes32 structHash) external view dirty returns (bytes32) {
        return Acts.typed(domain, structHash);
    }

    function partiesOf(
        ILotActs.HandoffAct calldata act,
        uint256 word
    ) external view dirty returns (uint256 from, uint256 to, bool overtaken) {
        return act.partiesOf(word);
    }

    function termsOf(
        ILotActs.HandoffAct calldata act
    ) external view dirty returns (uint256 capturedAt, uint256 declared, uint256 accepted) {
        return act.termsOf();
    }

    function stands(
        ILotActs.HandoffAct calldata act,
        uint256 word,
        uint256 giver,
        uint256 receiver
    ) external view dirty returns (bool) {
        return act.stands(word, giver, receiver);
    }

    function emitHandedOver(ILotActs.HandoffAct calldata act, bytes32 digest, uint256 flags) external dirty {
        act.emitHandedOver(digest, flags);
    }

    /// @return found Each act of a batch and the words of its signatures, hashed.
    function walk(ILotActs.CollectAct[] calldata acts) external view dirty returns (bytes32[] memory found) {
        found = new bytes32[](acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            ILotActs.CollectAct[] calldata one = acts.nth(i).alone();
            Acts.SignaturePair calldata pair = one[0].signaturesOf();
            found.set(i, keccak256(abi.encode(one, pair.giverR, pair.giverVs, pair.receiverR, pair.receiverVs)));
        }
    }

    /// @return found As the other {walk}.
    function walk(ILotActs.HandoffAct[] calldata acts) external view dirty returns (bytes32[] memory found) {
        found = new bytes32[](acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            ILotActs.HandoffAct[] calldata one = acts.nth(i).alone();
            Acts.SignaturePair calldata pair = one[0].signaturesOf();
            found.set(i, keccak256(abi.encode(one, pair.giverR, pair.giverVs, pair.receiverR, pair.receiverVs)));
        }
    }
}

/// @notice The assembly agrees with plain Solidity.
contract ActsTest {
    using Messages for *;

    ActsCaller private immutable CALLER = new ActsCaller();

    function testFuzz_hashCollect_agreesWithPlainEncoding(
        Messages.Collect memory c,
        bytes32 domain,
        uint8 spareLow,
        uint80 spare
    ) external view {
        ILotActs.CollectAct memory act = Signing.pack(c);
        act.giverTerms |= spareLow;
        act.keeperTerms |= spare;
        (bytes32 digest, bytes32 structHash) = CALLER.hashCollect(act, domain);
        assert(structHash == c.hashOf());
        assert(digest == domain.digest(structHash));
    }

    function testFuzz_hashHandoff_agreesWithPlainEncoding(
        Messages.Handoff memory h,
        bytes32 domain,
        uint24 spare
    ) external view {
        (bytes32 digest, bytes32 structHash) = CALLER.hashHandoff(_packed(h, spare), domain);
        assert(structHash == h.hashOf());
        assert(digest == domain.digest(structHash));
    }

    function testFuzz_hashReceipt_agreesWithPlainEncoding(
        bytes32 structHash,
        bytes memory signature,
        bytes32 domain
    ) external view {
        bytes32 signed = keccak256(signature);
        bytes32 receipt = CALLER.hashReceipt(ActHashes.COLLECT_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.collectReceipt(signature)));
        receipt = CALLER.hashReceipt(ActHashes.HANDOFF_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.handoffReceipt(signature)));
        receipt = CALLER.hashReceipt(ActHashes.TITLE_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.titleReceipt(signature)));
    }

    function testFuzz_typed_agreesWithPlainEncoding(bytes32 domain, bytes32 structHash) external view {
        assert(CALLER.typed(domain, structHash) == domain.digest(structHash));
    }

    /// @dev Half of the acts are near the lot's seq, before and after it.
    function testFuzz_fieldsOfAHandoff_areThoseThatWerePacked(
        Messages.Handoff memory h,
        uint256 word,
        uint24 spare
    ) external view {
        uint24 seq = uint24(word >> 24);
        // one before, the same, one after; modulo 2^24
        if (spare % 2 == 0) h.seq = uint24(uint256(seq) + (1 << 24) - 1 + (spare % 3));
        ILotActs.HandoffAct memory act = _packed(h, spare);
        (uint256 from, uint256 to, bool overtaken) = CALLER.partiesOf(act, word);
        assert(from == uint160(h.from) && to == uint160(h.to));
        assert(overtaken == (h.seq < seq));
        (uint256 capturedAt, uint256 declared, uint256 accepted) = CALLER.termsOf(act);
        assert(capturedAt == h.capturedAt && declared == h.declaredGrams && accepted == h.acceptedGrams);
    }

    /// @dev A lot and two credentials that fit the act, with one thing spoilt in most cases; what must not matter is drawn.
    function testFuzz_stands_agreesWithPlainComparisons(
        Messages.Handoff memory h,
        uint256 word,
        uint40[4] memory dates,
        uint128[2] memory standings,
        uint256 spoilt
    ) external view {
        if (spoilt % 8 == 7) h.seq = type(uint24).max;
        // class and flags are anybody's
        uint256 lot = (uint256(bytes32(abi.encodePacked(h.from, h.declaredGrams, h.seq))) & ~uint256(0xffffff));
        lot |= word & 0xffff0f;
        if (spoilt % 8 == 1) lot ^= 1 << (24 + ((spoilt >> 8) % 232));
        if (spoilt % 8 == 2) lot |= 16 << ((spoilt >> 8) % 4);
        // at its beginning and just before its end a key signs
        for (uint256 i = 0; i < 4; ++i) {
            if (spoilt % 8 != 3)
                dates[i] = i % 2 == 0 ? _atMost(h.capturedAt, dates[i]) : _after(h.capturedAt, dates[i]);
        }
        uint256 side = 2 * ((spoilt >> 8) % 2);
        if (spoilt % 8 == 4) dates[side] = _after(h.capturedAt, dates[side]);
        if (spoilt % 8 == 5) dates[side + 1] = _atMost(h.capturedAt, dates[side + 1]);
        bool expected = _within(h.capturedAt, dates[0], dates[1]) && _within(h.capturedAt, dates[2], dates[3]);
        expected = expected && address(uint160(lot >> 96)) == h.from && uint48(lot >> 48) == h.declaredGrams;
        expected = expected && uint24(lot >> 24) == h.seq && h.seq != type(uint24).max && (lot >> 4) & 0xf == 0;
        if (h.capturedAt < type(uint40).max && h.seq != type(uint24).max) assert(expected || spoilt % 8 != 0);
        uint256 giver = (uint256(standings[0]) << 80) | (uint256(dates[0]) << 40) | dates[1];
        uint256 receiver = (uint256(standings[1]) << 80) | (uint256(dates[2]) << 40) | dates[3];
        assert(CALLER.stands(_packed(h, uint24(spoilt >> 16)), lot, giver, receiver) == expected);
    }

    function testFuzz_emitHandedOver_agreesWithAPlainEvent(
        Messages.Handoff memory h,
        bytes32 digest,
        uint8 flags,
        uint24 spare
    ) external {
        VM.recordLogs();
        CALLER.emitHandedOver(_packed(h, spare), digest, flags);
        bytes32 terms = bytes32(
            abi.encodePacked(h.declaredGrams, h.acceptedGrams, h.seq, h.capturedAt, flags, h.bailment, uint80(0))
        );
        emit ILotEvents.HandedOver(h.lot, h.from, h.to, digest, uint256(terms), h.anchor, h.evidence);
        Log[] memory logs = VM.getRecordedLogs();
        assert(logs.length == 2);
        assert(
            keccak256(abi.encode(logs[0].topics, logs[0].data)) == keccak256(abi.encode(logs[1].topics, logs[1].data))
        );
    }

    function testFuzz_collectsOfABatch_areThoseThatStandThere(ILotActs.CollectAct[] memory acts) external view {
        bytes32[] memory found = CALLER.walk(acts);
        assert(found.length == acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            ILotActs.CollectAct[] memory one = new ILotActs.CollectAct[](1);
            one[0] = acts[i];
            (bytes32 r, bytes32 vs) = (acts[i].receiverR, acts[i].receiverVs);
            assert(found[i] == keccak256(abi.encode(one, acts[i].giverR, acts[i].giverVs, r, vs)));
        }
    }

    function testFuzz_handoffsOfABatch_areThoseThatStandThere(ILotActs.HandoffAct[] memory acts) external view {
        bytes32[] memory found = CALLER.walk(acts);
        assert(found.length == acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            ILotActs.HandoffAct[] memory one = new ILotActs.HandoffAct[](1);
            one[0] = acts[i];
            (bytes32 r, bytes32 vs) = (acts[i].receiverR, acts[i].receiverVs);
            assert(found[i] == keccak256(abi.encode(one, acts[i].giverR, acts[i].giverVs, r, vs)));
        }
    }

    function _packed(Messages.Handoff memory h, uint24 spare) private pure returns (ILotActs.HandoffAct memory act) {
        act = Signing.pack(h);
        act.when |= spare;
    }

    /// @dev Both ends of a key's time are drawn often: the very second in a quarter of the cases.
    function _atMost(uint40 time, uint40 drawn) private pure returns (uint40) {
        return drawn % 4 == 0 || time == 0 ? time : drawn % time;
    }

    function _after(uint40 time, uint40 drawn) private pure returns (uint40) {
        uint40 room = type(uint40).max - time;
        if (room == 0) return time;
        return drawn % 4 == 0 ? time + 1 : time + 1 + (drawn % room);
    }

    function _within(uint40 time, uint40 from, uint40 until) private pure returns (bool) {
        return from <= time && time < until;
    }
}
