// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Acts} from "../libraries/Acts.sol";
import {ActHashes} from "../libraries/ActHashes.sol";
import {LotWord} from "../libraries/LotWord.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {ILotLedger} from "./ILotLedger.sol";
import {LotBook} from "./LotBook.sol";

/// @title LotLedger
/// @notice The lots of recovered waste.
/// @dev For each kind of act: recording many, a `_…Fault` that alone decides whether one is skipped, and what it changes.
/// Collects and handoffs travel by the hundred: their accounts are asked for in one call for the whole batch.
contract LotLedger is LotBook {
    using Arrays for bytes32[];
    using Arrays for uint256[];
    using LotWord for uint256;

    /// @notice Opens an empty ledger.
    /// @param authority The AccessManager.
    /// @param parties The register of accounts and keys.
    /// @param processes The yields that are to be expected.
    constructor(address authority, address parties, address processes) LotBook(authority, parties, processes) {}

    // Anyone who carries acts

    /// @inheritdoc ILotLedger
    function recordCollects(CollectAct[] calldata acts, bytes[] calldata proofs) external restricted {
        bytes32 domain = domainSeparator();
        bytes32[] memory digests = new bytes32[](acts.length);
        bytes32[] memory query = Acts.inquiry(2 * acts.length);
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) digests[i] = _recoverCollect(acts[i], proofs, domain, query, i);
        }
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        uint256 collected = 0;
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                CollectAct calldata act = acts[i];
                bytes32 lot = digests.unsafeMemoryAccess(i);
                uint256 giver = credentials.unsafeMemoryAccess(2 * i);
                uint256 receiver = credentials.unsafeMemoryAccess(2 * i + 1);
                bytes memory fault = _collectFault(act, lot, giver, receiver, query, i);
                if (fault.length == 0) collected += _collect(act, lot, giver, receiver);
                else emit Skipped(lot, lot, bytes4(fault));
            }
        }
        _count(collected, 0);
    }

    /// @inheritdoc ILotLedger
    function recordHandoffs(HandoffAct[] calldata acts, bytes[] calldata proofs) external restricted {
        bytes32 domain = domainSeparator();
        bytes32[] memory digests = new bytes32[](acts.length);
        bytes32[] memory query = Acts.inquiry(2 * acts.length);
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) digests[i] = _recoverHandoff(acts[i], proofs, domain, query, i);
        }
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        uint256 variance = 0;
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                HandoffAct calldata act = acts[i];
                bytes32 digest = digests.unsafeMemoryAccess(i);
                uint256 giver = credentials.unsafeMemoryAccess(2 * i);
                uint256 receiver = credentials.unsafeMemoryAccess(2 * i + 1);
                uint256 word = lots[act.lot];
                bytes memory fault = _handoffFault(act, word, giver, receiver, query, i);
                if (fault.length == 0) variance += _handOver(act, digest, word, giver, receiver);
                else emit Skipped(act.lot, digest, bytes4(fault));
            }
        }
        _count(0, variance);
    }

    /// @inheritdoc ILotLedger
    function recordSplits(SplitAct[] calldata acts, bytes[] calldata proofs) external restricted {
        for (uint256 i = 0; i < acts.length; ++i) {
            SplitAct calldata act = acts[i];
            (bytes memory fault, bytes32 digest, uint256 operator) = _splitFault(act, proofs);
            if (fault.length == 0) _split(act, digest, operator);
            else emit Skipped(act.lot, digest, bytes4(fault));
        }
    }

    /// @inheritdoc ILotLedger
    function recordTransforms(TransformAct[] calldata acts, bytes[] calldata proofs) external restricted {
        uint256 loss = 0;
        for (uint256 i = 0; i < acts.length; ++i) {
            TransformAct calldata act = acts[i];
            (bytes memory fault, bytes32 digest, uint256 operator) = _transformFault(act, proofs);
            if (fault.length == 0) loss += _transform(act, digest, operator);
            else emit Skipped(_firstInput(act), digest, bytes4(fault));
        }
        _count(0, loss);
    }

    /// @inheritdoc ILotLedger
    function recordConcludes(ConcludeAct[] calldata acts, bytes[] calldata proofs) external restricted {
        uint256 concluded = 0;
        for (uint256 i = 0; i < acts.length; ++i) {
            ConcludeAct calldata act = acts[i];
            (bytes memory fault, bytes32 digest, uint256 operator) = _concludeFault(act, proofs);
            if (fault.length == 0) concluded += _conclude(act, digest, operator);
            else emit Skipped(act.lot, digest, bytes4(fault));
        }
        _count(0, concluded);
    }

    /// @inheritdoc ILotLedger
    function recordPassTitles(PassTitleAct[] calldata acts, bytes[] calldata proofs) external restricted {
        for (uint256 i = 0; i < acts.length; ++i) {
            PassTitleAct calldata act = acts[i];
            (bytes memory fault, bytes32 digest, uint256 owner, uint256 to) = _passTitleFault(act, proofs);
            if (fault.length == 0) _passTitle(act, digest, owner, to);
            else emit Skipped(act.lot, digest, bytes4(fault));
        }
    }

    // Anyone

    /// @inheritdoc ILotLedger
    function checkCollect(CollectAct calldata act, bytes[] calldata proofs) external view {
        bytes32[] memory query = Acts.inquiry(2);
        bytes32 digest = _recoverCollect(act, proofs, domainSeparator(), query, 0);
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        _refuse(_collectFault(act, digest, credentials[0], credentials[1], query, 0));
    }

    /// @inheritdoc ILotLedger
    function checkHandoff(HandoffAct calldata act, bytes[] calldata proofs) external view {
        bytes32[] memory query = Acts.inquiry(2);
        _recoverHandoff(act, proofs, domainSeparator(), query, 0);
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        _refuse(_handoffFault(act, lots[act.lot], credentials[0], credentials[1], query, 0));
    }

    /// @inheritdoc ILotLedger
    function checkSplit(SplitAct calldata act, bytes[] calldata proofs) external view {
        (bytes memory fault, , ) = _splitFault(act, proofs);
        _refuse(fault);
    }

    /// @inheritdoc ILotLedger
    function checkTransform(TransformAct calldata act, bytes[] calldata proofs) external view {
        (bytes memory fault, , ) = _transformFault(act, proofs);
        _refuse(fault);
    }

    /// @inheritdoc ILotLedger
    function checkConclude(ConcludeAct calldata act, bytes[] calldata proofs) external view {
        (bytes memory fault, , ) = _concludeFault(act, proofs);
        _refuse(fault);
    }

    /// @inheritdoc ILotLedger
    function checkPassTitle(PassTitleAct calldata act, bytes[] calldata proofs) external view {
        (bytes memory fault, , , ) = _passTitleFault(act, proofs);
        _refuse(fault);
    }

    // Collects

    /// @dev Computes the i-th act's digest and, unless the act is a replay, puts both accounts and the keys that signed
    /// for them into the inquiry. A malformed signature puts a zero key.
    function _recoverCollect(
        CollectAct calldata act,
        bytes[] calldata proofs,
        bytes32 domain,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes32 digest) {
        bytes32 structHash;
        (digest, structHash) = Acts.hashCollect(act, domain);
        // a replay is known before any signature is paid for
        if (lots[digest] != 0) return digest;
        (uint256 giver, uint256 receiver) = (act.giverTerms >> 96, act.keeperTerms >> 96);
        bytes32 giverKey = Signatures.keyOf(digest, act.giverR, act.giverVs, address(uint160(giver)), proofs);
        bytes32 signed = Signatures.hashOf(act.giverR, act.giverVs, proofs);
        bytes32 receipt = Acts.hashReceipt(ActHashes.COLLECT_RECEIPT_TYPE, structHash, signed, domain);
        address keeper = address(uint160(receiver));
        bytes32 receiverKey = Signatures.keyOf(receipt, act.receiverR, act.receiverVs, keeper, proofs);
        Acts.put(query, i, giver, giverKey, receiver, receiverKey);
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
        if (lots[digest] != 0) return abi.encodeWithSelector(LotExists.selector, digest);
        if ((act.giverTerms >> 48) & LotWord.GRAMS == 0) return abi.encodeWithSelector(GramsMissing.selector, digest);
        uint256 time = (act.giverTerms >> 8) & DATE;
        if (_signs(giver, time) && _signs(receiver, time)) return "";
        return _queriedFault(query, i, giver, receiver, time);
    }

    /// @dev Writes the lot and tells of it; returns its grams.
    function _collect(
        CollectAct calldata act,
        bytes32 lot,
        uint256 giver,
        uint256 receiver
    ) private returns (uint256 grams) {
        grams = (act.giverTerms >> 48) & LotWord.GRAMS;
        uint256 capturedAt = (act.giverTerms >> 8) & DATE;
        uint256 class = (act.keeperTerms >> 80) & type(uint16).max;
        uint256 reasons = _reasons(class, capturedAt, giver, receiver);
        uint256 flags = reasons == 0 ? 0 : LotWord.REVIEW;
        lots[lot] = LotWord.open(act.keeperTerms >> 96, grams, 0, class, flags);
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

    /// @dev As {_recoverCollect}. An act that was overtaken is known before any signature is paid for; one that is ahead
    /// may follow another of the same batch.
    function _recoverHandoff(
        HandoffAct calldata act,
        bytes[] calldata proofs,
        bytes32 domain,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes32 digest) {
        bytes32 structHash;
        (digest, structHash) = Acts.hashHandoff(act, domain);
        uint256 word = lots[act.lot];
        if (word == 0 || (act.when >> 72) & LotWord.SEQ < word.seqOf()) return digest;
        (uint256 giver, uint256 receiver) = (act.when >> 96, act.terms >> 96);
        bytes32 giverKey = Signatures.keyOf(digest, act.giverR, act.giverVs, address(uint160(giver)), proofs);
        bytes32 signed = Signatures.hashOf(act.giverR, act.giverVs, proofs);
        bytes32 receipt = Acts.hashReceipt(ActHashes.HANDOFF_RECEIPT_TYPE, structHash, signed, domain);
        address to = address(uint160(receiver));
        bytes32 receiverKey = Signatures.keyOf(receipt, act.receiverR, act.receiverVs, to, proofs);
        Acts.put(query, i, giver, giverKey, receiver, receiverKey);
    }

    /// @dev As {_collectFault}; `word` is the lot's.
    function _handoffFault(
        HandoffAct calldata act,
        uint256 word,
        uint256 giver,
        uint256 receiver,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes memory) {
        uint256 declared = (act.terms >> 48) & LotWord.GRAMS;
        uint256 seq = (act.when >> 72) & LotWord.SEQ;
        // custodian, mass and seq at once, of an open lot
        if ((word ^ LotWord.open(act.when >> 96, declared, seq, 0, 0)) >> 24 != 0 || word.dispositionOf() != 0) {
            bytes memory fault = _holdingFault(act.lot, word, seq, address(uint160(act.when >> 96)));
            if (fault.length != 0) return fault;
            return abi.encodeWithSelector(GramsNotMatching.selector, act.lot, declared, word.gramsOf());
        }
        if (seq == LotWord.SEQ) return abi.encodeWithSelector(SeqNotCurrent.selector, act.lot, seq, seq);
        uint256 time = (act.when >> 32) & DATE;
        if (!_signs(giver, time) || !_signs(receiver, time)) return _queriedFault(query, i, giver, receiver, time);
        if (word & LotWord.BAILED == 0 || (act.when >> 24) & 0xff != 0) return "";
        address to = address(uint160(act.terms >> 96));
        address owner = _titles[act.lot];
        return to == owner ? bytes("") : abi.encodeWithSelector(LotBailed.selector, act.lot, to, owner);
    }

    /// @dev Moves the lot and tells of it; returns the grams that left the ledger on the way.
    function _handOver(
        HandoffAct calldata act,
        bytes32 digest,
        uint256 word,
        uint256 giver,
        uint256 receiver
    ) private returns (uint256 variance) {
        uint256 terms = act.terms;
        uint256 capturedAt = (act.when >> 32) & DATE;
        uint256 bailment = (act.when >> 24) & 0xff;
        uint256 reasons = _reasons(word.classOf(), capturedAt, giver, receiver);
        uint256 flags = word.flagsOf();
        uint256 grams = (terms >> 48) & LotWord.GRAMS;
        uint256 accepted = terms & LotWord.GRAMS;
        // a heavier scale adds nothing, and somebody should look at it
        if (reasons != 0 || accepted > grams) flags |= LotWord.REVIEW;
        if (accepted < grams) (variance, grams) = (grams - accepted, accepted);
        if (flags & LotWord.BAILED != 0 || bailment != 0) flags = _bail(act.lot, word, terms >> 96, flags);
        lots[act.lot] = ((terms & LotWord.CUSTODIAN) | (word & ~LotWord.CUSTODIAN)).afterAct(grams, flags);
        emit HandedOver(
            act.lot,
            address(uint160(act.when >> 96)),
            address(uint160(terms >> 96)),
            digest,
            ((terms & type(uint96).max) << 160) |
                (((act.when >> 72) & LotWord.SEQ) << 136) |
                (capturedAt << 96) |
                (reasons << 92) |
                (flags << 88) |
                (bailment << 80),
            act.anchor,
            act.evidence
        );
    }

    // Splits

    function _splitFault(
        SplitAct calldata act,
        bytes[] calldata proofs
    ) private view returns (bytes memory fault, bytes32 digest, uint256 operator) {
        digest = Acts.typed(domainSeparator(), ActHashes.hashSplit(act));
        uint256 word = lots[act.lot];
        fault = _holdingFault(act.lot, word, act.seq, act.operator);
        if (fault.length != 0) return (fault, digest, 0);
        uint256 total = 0;
        for (uint256 i = 0; i < act.grams.length; ++i) {
            if (act.grams[i] == 0) return (abi.encodeWithSelector(GramsMissing.selector, act.lot), digest, 0);
            total += act.grams[i];
        }
        if (total == 0) return (abi.encodeWithSelector(PartsMissing.selector, act.lot), digest, 0);
        if (total != word.gramsOf()) {
            return (abi.encodeWithSelector(GramsNotMatching.selector, act.lot, total, word.gramsOf()), digest, 0);
        }
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = _credential(act.operator, keyId, act.capturedAt);
    }

    function _split(SplitAct calldata act, bytes32 digest, uint256 operator) private {
        uint256 word = lots[act.lot];
        uint256 reasons = _reasons(word.classOf(), act.capturedAt, operator, operator);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        address owner = flags & LotWord.BAILED == 0 ? address(0) : _titles[act.lot];
        for (uint256 i = 0; i < act.grams.length; ++i) {
            bytes32 child = childId(digest, i);
            lots[child] = LotWord.open(word >> 96, act.grams[i], 0, word.classOf(), flags);
            if (owner != address(0)) _titles[child] = owner;
        }
        lots[act.lot] = word.afterAct(0, flags);
        uint256 terms = (uint256(act.seq) << 232) | (uint256(act.capturedAt) << 192) | (reasons << 188) | (flags << 184);
        emit LotSplit(act.lot, act.operator, digest, act.grams, terms, act.anchor, act.evidence);
    }

    // Transforms

    function _transformFault(
        TransformAct calldata act,
        bytes[] calldata proofs
    ) private view returns (bytes memory fault, bytes32 digest, uint256 operator) {
        digest = Acts.typed(domainSeparator(), ActHashes.hashTransform(act));
        bytes32 first = _firstInput(act);
        if (act.inputs.length == 0 || act.outputs.length == 0) {
            return (abi.encodeWithSelector(PartsMissing.selector, first), digest, 0);
        }
        uint256 held = 0;
        for (uint256 i = 0; i < act.inputs.length; ++i) {
            bytes32 lot = act.inputs[i].lot;
            if (i != 0 && lot <= act.inputs[i - 1].lot) {
                bytes32 last = act.inputs[i - 1].lot;
                return (abi.encodeWithSelector(InputsNotAscending.selector, last, lot), digest, 0);
            }
            fault = _titleFault(lot, lots[lot], act.inputs[i].seq, act.operator);
            if (fault.length != 0) return (fault, digest, 0);
            held += lots[lot].gramsOf();
        }
        uint256 stated = act.lossGrams;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            if (act.outputs[i].grams == 0) return (abi.encodeWithSelector(GramsMissing.selector, first), digest, 0);
            stated += act.outputs[i].grams;
        }
        if (stated != held) return (abi.encodeWithSelector(GramsNotMatching.selector, first, stated, held), digest, 0);
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = _credential(act.operator, keyId, act.capturedAt);
    }

    /// @dev Consumes the inputs, makes the outputs and tells of it; returns the loss in grams.
    function _transform(TransformAct calldata act, bytes32 digest, uint256 operator) private returns (uint256) {
        (Output[] memory inputs, uint256 flags) = _consume(act.inputs);
        uint256 reasons = 0;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            reasons |= _reasons(act.outputs[i].class, act.capturedAt, operator, operator);
        }
        if (reasons != 0) flags |= LotWord.REVIEW;
        if (!PROCESSES.within(act.process, inputs, act.outputs, act.lossGrams)) flags |= LotWord.QUARANTINED;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            Output calldata output = act.outputs[i];
            lots[childId(digest, i)] = LotWord.open(uint160(act.operator), output.grams, 0, output.class, flags);
        }
        emit Transformed(
            digest,
            act.operator,
            act.process,
            act.inputs,
            act.outputs,
            (uint256(act.lossGrams) << 208) | (uint256(act.capturedAt) << 168) | (reasons << 164) | (flags << 160),
            act.anchor,
            act.evidence
        );
        return act.lossGrams;
    }

    /// @dev Consumes lots; returns class and grams of each, and the flags of all.
    function _consume(Input[] calldata inputs) private returns (Output[] memory portions, uint256 flags) {
        portions = new Output[](inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            uint256 word = lots[inputs[i].lot];
            portions[i] = Output(uint16(word.classOf()), uint48(word.gramsOf()));
            flags |= word.flagsOf();
            lots[inputs[i].lot] = word.afterAct(0, word.flagsOf());
        }
    }

    function _firstInput(TransformAct calldata act) private pure returns (bytes32) {
        return act.inputs.length == 0 ? bytes32(0) : act.inputs[0].lot;
    }

    // Conclusions

    function _concludeFault(
        ConcludeAct calldata act,
        bytes[] calldata proofs
    ) private view returns (bytes memory fault, bytes32 digest, uint256 operator) {
        digest = Acts.typed(domainSeparator(), ActHashes.hashConclude(act));
        uint256 word = lots[act.lot];
        fault = _titleFault(act.lot, word, act.seq, act.operator);
        if (fault.length != 0) return (fault, digest, 0);
        if (act.grams == 0) return (abi.encodeWithSelector(GramsMissing.selector, act.lot), digest, 0);
        if (act.grams > word.gramsOf()) {
            return (abi.encodeWithSelector(GramsNotMatching.selector, act.lot, act.grams, word.gramsOf()), digest, 0);
        }
        if (act.kind == CLAIMED && word & (LotWord.CONTESTED | LotWord.QUARANTINED) != 0) {
            return (abi.encodeWithSelector(LotBarred.selector, act.lot, word.flagsOf()), digest, 0);
        }
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = _credential(act.operator, keyId, act.capturedAt);
    }

    /// @dev Takes the grams out of the lot and tells of it; returns them.
    function _conclude(ConcludeAct calldata act, bytes32 digest, uint256 operator) private returns (uint256) {
        uint256 word = lots[act.lot];
        uint256 reasons = _reasons(word.classOf(), act.capturedAt, operator, operator);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        lots[act.lot] = word.afterAct(word.gramsOf() - act.grams, flags);
        uint256 terms = (uint256(act.grams) << 208) | (uint256(act.seq) << 184) | (uint256(act.capturedAt) << 144);
        terms |= (reasons << 140) | (flags << 136);
        emit Concluded(act.lot, act.operator, act.kind, digest, terms, act.anchor, act.evidence);
        return act.grams;
    }

    // Title

    function _passTitleFault(
        PassTitleAct calldata act,
        bytes[] calldata proofs
    ) private view returns (bytes memory fault, bytes32 digest, uint256 owner, uint256 to) {
        bytes32 domain = domainSeparator();
        bytes32 structHash = ActHashes.hashPassTitle(act);
        digest = Acts.typed(domain, structHash);
        uint256 word = lots[act.lot];
        fault = _openFault(act.lot, word, act.seq);
        if (fault.length != 0) return (fault, digest, 0, 0);
        address entitled = ownerOf(act.lot);
        if (act.owner != entitled) {
            return (abi.encodeWithSelector(NotOwner.selector, act.lot, act.owner, entitled), digest, 0, 0);
        }
        bytes32 key = Signatures.keyOf(digest, act.giverR, act.giverVs, act.owner, proofs);
        (fault, owner) = _credential(act.owner, key, act.capturedAt);
        if (fault.length != 0) return (fault, digest, 0, 0);
        bytes32 signed = Signatures.hashOf(act.giverR, act.giverVs, proofs);
        bytes32 receipt = Acts.hashReceipt(ActHashes.TITLE_RECEIPT_TYPE, structHash, signed, domain);
        key = Signatures.keyOf(receipt, act.receiverR, act.receiverVs, act.to, proofs);
        (fault, to) = _credential(act.to, key, act.capturedAt);
    }

    function _passTitle(PassTitleAct calldata act, bytes32 digest, uint256 owner, uint256 to) private {
        uint256 word = lots[act.lot];
        // title alone needs no licence
        uint256 reasons = _reasons(0, act.capturedAt, owner, to);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        flags &= ~LotWord.BAILED;
        if (act.to != word.custodianOf()) {
            flags |= LotWord.BAILED;
            _titles[act.lot] = act.to;
        }
        lots[act.lot] = word.afterAct(word.gramsOf(), flags);
        uint256 terms = (uint256(act.seq) << 232) | (uint256(act.capturedAt) << 192) | (reasons << 188) | (flags << 184);
        emit TitlePassed(act.lot, act.owner, act.to, digest, terms, act.anchor, act.evidence);
    }

    /// @dev Reverts with a fault, if it is one.
    function _refuse(bytes memory fault) private pure {
        if (fault.length != 0) LowLevelCall.bubbleRevert(fault);
    }
}
