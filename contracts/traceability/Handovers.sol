// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {IParties} from "../access/IParties.sol";
import {ActHashes} from "../libraries/ActHashes.sol";
import {Acts} from "../libraries/Acts.sol";
import {Credentials} from "../libraries/Credentials.sol";
import {Faults} from "../libraries/Faults.sol";
import {Inquiries} from "../libraries/Inquiries.sol";
import {LotWord} from "../libraries/LotWord.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {ILotLedger} from "./ILotLedger.sol";
import {LotBook} from "./LotBook.sol";

/// @title Handovers
/// @notice Collects and handoffs: what two people sign, and what travels by the hundred.
/// @dev Their accounts are asked for in one call for the whole batch. Of each kind: recovering all signers, a `_…Fault`
/// that says why one act is skipped, and what it changes.
abstract contract Handovers is LotBook {
    using Arrays for bytes32[];
    using Faults for bytes4;
    using LotWord for uint256;

    /// @dev The bailment byte of a handoff's `when`.
    uint256 private constant BAILMENT = 0xff << 24;

    IParties internal immutable PARTIES;

    constructor(address authority, address parties) LotBook(authority) {
        PARTIES = IParties(parties);
    }

    // Anyone who carries acts

    /// @inheritdoc ILotLedger
    function recordCollects(CollectAct[] calldata acts, bytes[] calldata proofs) external restricted {
        (bytes32[] memory digests, bytes32[] memory query) = _recoverCollects(acts, proofs);
        uint256[] memory credentials = Inquiries.ask(PARTIES, query);
        uint256 collected = 0;
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                CollectAct calldata act = Acts.nth(acts, i);
                bytes32 lot = digests.unsafeMemoryAccess(i);
                (uint256 giver, uint256 receiver) = Inquiries.pairOf(credentials, i);
                bytes memory fault = _collectFault(act, lot, giver, receiver, query, i);
                if (fault.length == 0) collected += _collect(act, lot, giver, receiver);
                else emit Skipped(lot, lot, bytes4(fault));
            }
        }
        _count(collected, 0);
    }

    /// @inheritdoc ILotLedger
    function recordHandoffs(HandoffAct[] calldata acts, bytes[] calldata proofs) external restricted {
        (uint256[] memory notes, bytes32[] memory query) = _recoverHandoffs(acts, proofs);
        uint256[] memory credentials = Inquiries.ask(PARTIES, query);
        uint256 variance = 0;
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                HandoffAct calldata act = Acts.nth(acts, i);
                (uint256 digest, uint256 place) = Inquiries.pairOf(notes, i);
                (uint256 giver, uint256 receiver) = Inquiries.pairOf(credentials, i);
                Lot storage lot = _lotAt(place);
                uint256 word = lot.word;
                if (_handoffStands(act, word, giver, receiver))
                    variance += _handOver(act, lot, bytes32(digest), word, giver, receiver);
                else
                    emit Skipped(act.lot, bytes32(digest), bytes4(_handoffFault(act, word, giver, receiver, query, i)));
            }
        }
        _count(0, variance);
    }

    // Anyone

    /// @inheritdoc ILotLedger
    function checkCollect(CollectAct calldata act, bytes[] calldata proofs) external view {
        (bytes32[] memory digests, bytes32[] memory query) = _recoverCollects(Acts.alone(act), proofs);
        (uint256 giver, uint256 receiver) = Inquiries.pairOf(Inquiries.ask(PARTIES, query), 0);
        _refuse(_collectFault(act, digests[0], giver, receiver, query, 0));
    }

    /// @inheritdoc ILotLedger
    function checkHandoff(HandoffAct calldata act, bytes[] calldata proofs) external view {
        (, bytes32[] memory query) = _recoverHandoffs(Acts.alone(act), proofs);
        (uint256 giver, uint256 receiver) = Inquiries.pairOf(Inquiries.ask(PARTIES, query), 0);
        _refuse(_handoffFault(act, _lots[act.lot].word, giver, receiver, query, 0));
    }

    // Collects

    /// @dev The digests of acts, and the inquiry after the accounts and the keys that signed for them. A malformed signature
    /// puts a zero key, a replay nothing.
    function _recoverCollects(
        CollectAct[] calldata acts,
        bytes[] calldata proofs
    ) private view returns (bytes32[] memory digests, bytes32[] memory query) {
        bytes32 domain = domainSeparator();
        digests = new bytes32[](acts.length);
        query = Inquiries.begin(2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            CollectAct calldata act = Acts.nth(acts, i);
            (bytes32 digest, bytes32 structHash) = Acts.hashCollect(act, domain);
            Acts.set(digests, i, digest);
            // a replay is known before any signature is paid for
            if (_lots[digest].word != 0) continue;
            Acts.SignaturePair calldata pair = Acts.signaturesOf(act);
            (uint256 giver, uint256 receiver) = (act.giverTerms >> 96, act.keeperTerms >> 96);
            bytes32 receiptType = ActHashes.COLLECT_RECEIPT_TYPE;
            if (Inquiries.recoverPair(pair, giver, receiver, digest, structHash, receiptType, domain, query, i)) {
                _prove(pair, proofs, giver, receiver, digest, structHash, receiptType, domain, query, i);
            }
        }
    }

    /// @dev Why the act cannot be recorded, as an encoded error; empty when it can. The only place that decides it: a
    /// batch takes the selector, {checkCollect} the whole. `giver` and `receiver` are the credentials of the collector
    /// and the keeper; `query` is the inquiry that was answered with them, in which the act is the i-th.
    function _collectFault(
        CollectAct calldata act,
        bytes32 digest,
        uint256 giver,
        uint256 receiver,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes memory) {
        // read again: the same act may stand twice in one batch
        if (_lots[digest].word != 0) return LotExists.selector.because(digest);
        if ((act.giverTerms >> 48) & LotWord.GRAMS == 0) return GramsMissing.selector.because(digest);
        uint256 time = (act.giverTerms >> 8) & Credentials.DATE;
        if (Credentials.signs(giver, time) && Credentials.signs(receiver, time)) return "";
        return Credentials.pairFault(query, i, giver, receiver, time);
    }

    /// @dev Writes the lot and tells of it; returns its grams.
    function _collect(
        CollectAct calldata act,
        bytes32 lot,
        uint256 giver,
        uint256 receiver
    ) private returns (uint256 grams) {
        grams = (act.giverTerms >> 48) & LotWord.GRAMS;
        uint256 capturedAt = (act.giverTerms >> 8) & Credentials.DATE;
        uint256 class = (act.keeperTerms >> 80) & type(uint16).max;
        uint256 reasons = Credentials.irregularities(class, capturedAt, giver, receiver);
        uint256 flags = reasons == 0 ? 0 : LotWord.REVIEW;
        _lots[lot].word = LotWord.open(act.keeperTerms >> 96, grams, 0, class, flags);
        emit Collected(
            lot,
            address(uint160(act.giverTerms >> 96)),
            address(uint160(act.keeperTerms >> 96)),
            uint16(class),
            (grams << 208) | (capturedAt << 168) | (reasons << 164) | (flags << 160),
            act.anchor,
            act.evidence
        );
    }

    // Handoffs

    /// @dev As {_recoverCollects}, but each digest is followed by the place of its lot. An act that was overtaken is known
    /// before any signature is paid for; one that is ahead may follow another of the same batch.
    function _recoverHandoffs(
        HandoffAct[] calldata acts,
        bytes[] calldata proofs
    ) private view returns (uint256[] memory notes, bytes32[] memory query) {
        bytes32 domain = domainSeparator();
        notes = new uint256[](2 * acts.length);
        query = Inquiries.begin(2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            HandoffAct calldata act = Acts.nth(acts, i);
            (bytes32 digest, bytes32 structHash) = Acts.hashHandoff(act, domain);
            Lot storage lot = _lots[act.lot];
            Inquiries.setPair(notes, i, uint256(digest), _placeOf(lot));
            (uint256 giver, uint256 receiver, bool overtaken) = Acts.partiesOf(act, lot.word);
            if (overtaken) continue;
            Acts.SignaturePair calldata pair = Acts.signaturesOf(act);
            bytes32 receiptType = ActHashes.HANDOFF_RECEIPT_TYPE;
            if (Inquiries.recoverPair(pair, giver, receiver, digest, structHash, receiptType, domain, query, i)) {
                _prove(pair, proofs, giver, receiver, digest, structHash, receiptType, domain, query, i);
            }
        }
    }

    /// @dev Whether the act can be recorded on a lot with this word: what {_handoffFault} says in words, decided cheaply.
    /// `giver` and `receiver` are their credentials.
    function _handoffStands(
        HandoffAct calldata act,
        uint256 word,
        uint256 giver,
        uint256 receiver
    ) private view returns (bool) {
        if (!Acts.stands(act, word, giver, receiver)) return false;
        return word & LotWord.BAILED == 0 || _mayGo(act);
    }

    /// @dev Whether a bailed lot may go to the receiver: under bailment to anybody, with title to its owner only.
    function _mayGo(HandoffAct calldata act) private view returns (bool) {
        return act.when & BAILMENT != 0 || uint160(_titles[act.lot]) == act.terms >> 96;
    }

    /// @dev Why a handoff cannot be recorded, as an encoded error; empty when it can. `query` as in {_collectFault}.
    function _handoffFault(
        HandoffAct calldata act,
        uint256 word,
        uint256 giver,
        uint256 receiver,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes memory fault) {
        fault = _holdingFault(act.lot, word, (act.when >> 72) & LotWord.SEQ, address(uint160(act.when >> 96)));
        if (fault.length != 0) return fault;
        uint256 declared = (act.terms >> 48) & LotWord.GRAMS;
        if (declared != word.gramsOf()) {
            return GramsNotMatching.selector.because(act.lot, declared, word.gramsOf());
        }
        uint256 time = (act.when >> 32) & Credentials.DATE;
        if (!Credentials.signs(giver, time) || !Credentials.signs(receiver, time)) {
            return Credentials.pairFault(query, i, giver, receiver, time);
        }
        if (word & LotWord.BAILED == 0 || _mayGo(act)) return "";
        return LotBailed.selector.because(act.lot, address(uint160(act.terms >> 96)), _titles[act.lot]);
    }

    /// @dev Moves the lot and tells of it; returns the grams that left the ledger on the way.
    function _handOver(
        HandoffAct calldata act,
        Lot storage lot,
        bytes32 digest,
        uint256 word,
        uint256 giver,
        uint256 receiver
    ) private returns (uint256 variance) {
        (uint256 capturedAt, uint256 grams, uint256 accepted) = Acts.termsOf(act);
        uint256 to = act.terms >> 96;
        uint256 reasons = Credentials.irregularities(word.classOf(), capturedAt, giver, receiver);
        uint256 flags = word & 0xf;
        if (reasons != 0) flags |= LotWord.REVIEW;
        if ((word & LotWord.BAILED) | (act.when & BAILMENT) != 0) flags = _bail(act.lot, word, to, flags);
        uint256 ended = 0;
        if (accepted != grams) {
            if (accepted > grams) {
                // a heavier scale adds nothing, and somebody should look at it
                flags |= LotWord.REVIEW;
            } else {
                (variance, grams) = (grams - accepted, accepted);
                if (accepted == 0) ended = LotWord.CONSUMED << 4;
            }
        }
        lot.word = word.handedOver(to, grams, ended | flags);
        Acts.emitHandedOver(act, digest, (reasons << 4) | flags);
    }

    /// @dev Puts the signatories of the i-th act into the inquiry, of whom at least one signed otherwise than by
    /// secp256k1.
    function _prove(
        Acts.SignaturePair calldata pair,
        bytes[] calldata proofs,
        uint256 giver,
        uint256 receiver,
        bytes32 digest,
        bytes32 structHash,
        bytes32 receiptType,
        bytes32 domain,
        bytes32[] memory query,
        uint256 i
    ) private view {
        bytes32 giverKey = Signatures.keyOf(digest, pair.giverR, pair.giverVs, address(uint160(giver)), proofs);
        bytes32 signed = Signatures.hashOf(pair.giverR, pair.giverVs, proofs);
        bytes32 receipt = Acts.hashReceipt(receiptType, structHash, signed, domain);
        address to = address(uint160(receiver));
        Inquiries.put(
            query,
            i,
            giver,
            giverKey,
            receiver,
            Signatures.keyOf(receipt, pair.receiverR, pair.receiverVs, to, proofs)
        );
    }

    // A batch finds a lot's place once; as a number it can stand in memory

    /* solhint-disable no-inline-assembly */

    function _placeOf(Lot storage lot) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := lot.slot
        }
    }

    function _lotAt(uint256 place) private pure returns (Lot storage lot) {
        assembly ("memory-safe") {
            lot.slot := place
        }
    }
}
