// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHashes} from "../libraries/ActHashes.sol";
import {Acts} from "../libraries/Acts.sol";
import {Credentials} from "../libraries/Credentials.sol";
import {Faults} from "../libraries/Faults.sol";
import {LotWord} from "../libraries/LotWord.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Handovers} from "./Handovers.sol";
import {ILotLedger} from "./ILotLedger.sol";
import {IProcesses} from "./IProcesses.sol";

/// @title LotLedger
/// @notice The lots of recovered waste: to {Handovers} it adds what is done to a lot in one place.
/// @dev Of each kind of act: recording many, a `_…Fault` that alone decides whether one is skipped, and what it changes.
contract LotLedger is Handovers {
    using Faults for bytes4;
    using LotWord for uint256;

    /// @dev Code of the loss kind `claimed` in the vocabulary: the only one that the ledger itself knows.
    uint256 private constant CLAIMED = 1;

    IProcesses private immutable PROCESSES;

    /// @notice Opens an empty ledger.
    /// @param authority The AccessManager.
    /// @param parties The register of accounts and keys.
    /// @param processes The yields that are to be expected.
    constructor(address authority, address parties, address processes) Handovers(authority, parties) {
        PROCESSES = IProcesses(processes);
    }

    // Anyone who carries acts

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

    // Splits

    function _splitFault(
        SplitAct calldata act,
        bytes[] calldata proofs
    ) private view returns (bytes memory fault, bytes32 digest, uint256 operator) {
        digest = Acts.typed(domainSeparator(), ActHashes.hashSplit(act));
        uint256 word = _lots[act.lot].word;
        fault = _holdingFault(act.lot, word, act.seq, act.operator);
        if (fault.length != 0) return (fault, digest, 0);
        uint256 total = 0;
        for (uint256 i = 0; i < act.grams.length; ++i) {
            if (act.grams[i] == 0) return (GramsMissing.selector.because(act.lot), digest, 0);
            total += act.grams[i];
        }
        if (total == 0) return (PartsMissing.selector.because(act.lot), digest, 0);
        if (total != word.gramsOf()) {
            return (GramsNotMatching.selector.because(act.lot, total, word.gramsOf()), digest, 0);
        }
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = Credentials.find(PARTIES, act.operator, keyId, act.capturedAt);
    }

    function _split(SplitAct calldata act, bytes32 digest, uint256 operator) private {
        uint256 word = _lots[act.lot].word;
        uint256 reasons = Credentials.irregularities(word.classOf(), act.capturedAt, operator, operator);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        address owner = flags & LotWord.BAILED == 0 ? address(0) : _titles[act.lot];
        for (uint256 i = 0; i < act.grams.length; ++i) {
            bytes32 child = childId(digest, i);
            _lots[child].word = LotWord.open(word >> 96, act.grams[i], 0, word.classOf(), flags);
            if (owner != address(0)) _titles[child] = owner;
        }
        _lots[act.lot].word = word.afterAct(0, flags);
        uint256 terms =
            (uint256(act.seq) << 232) | (uint256(act.capturedAt) << 192) | (reasons << 188) | (flags << 184);
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
            return (PartsMissing.selector.because(first), digest, 0);
        }
        uint256 held = 0;
        for (uint256 i = 0; i < act.inputs.length; ++i) {
            bytes32 lot = act.inputs[i].lot;
            if (i != 0 && lot <= act.inputs[i - 1].lot) {
                bytes32 last = act.inputs[i - 1].lot;
                return (InputsNotAscending.selector.because(last, uint256(lot)), digest, 0);
            }
            fault = _titleFault(lot, _lots[lot].word, act.inputs[i].seq, act.operator);
            if (fault.length != 0) return (fault, digest, 0);
            held += _lots[lot].word.gramsOf();
        }
        uint256 stated = act.lossGrams;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            if (act.outputs[i].grams == 0) return (GramsMissing.selector.because(first), digest, 0);
            stated += act.outputs[i].grams;
        }
        if (stated != held) return (GramsNotMatching.selector.because(first, stated, held), digest, 0);
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = Credentials.find(PARTIES, act.operator, keyId, act.capturedAt);
    }

    /// @dev Consumes the inputs, makes the outputs and tells of it; returns the loss in grams.
    function _transform(TransformAct calldata act, bytes32 digest, uint256 operator) private returns (uint256) {
        (Output[] memory inputs, uint256 flags) = _consume(act.inputs);
        uint256 reasons = 0;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            reasons |= Credentials.irregularities(act.outputs[i].class, act.capturedAt, operator, operator);
        }
        if (reasons != 0) flags |= LotWord.REVIEW;
        if (!PROCESSES.within(act.process, inputs, act.outputs, act.lossGrams)) flags |= LotWord.QUARANTINED;
        for (uint256 i = 0; i < act.outputs.length; ++i) {
            Output calldata output = act.outputs[i];
            _lots[childId(digest, i)].word = LotWord.open(uint160(act.operator), output.grams, 0, output.class, flags);
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
            uint256 word = _lots[inputs[i].lot].word;
            portions[i] = Output(uint16(word.classOf()), uint48(word.gramsOf()));
            flags |= word.flagsOf();
            _lots[inputs[i].lot].word = word.afterAct(0, word.flagsOf());
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
        uint256 word = _lots[act.lot].word;
        fault = _titleFault(act.lot, word, act.seq, act.operator);
        if (fault.length != 0) return (fault, digest, 0);
        if (act.grams == 0) return (GramsMissing.selector.because(act.lot), digest, 0);
        if (act.grams > word.gramsOf()) {
            return (GramsNotMatching.selector.because(act.lot, act.grams, word.gramsOf()), digest, 0);
        }
        if (act.kind == CLAIMED && word & (LotWord.CONTESTED | LotWord.QUARANTINED) != 0) {
            return (LotBarred.selector.because(act.lot, word.flagsOf()), digest, 0);
        }
        bytes32 keyId = Signatures.keyOf(digest, act.r, act.vs, act.operator, proofs);
        (fault, operator) = Credentials.find(PARTIES, act.operator, keyId, act.capturedAt);
    }

    /// @dev Takes the grams out of the lot and tells of it; returns them.
    function _conclude(ConcludeAct calldata act, bytes32 digest, uint256 operator) private returns (uint256) {
        uint256 word = _lots[act.lot].word;
        uint256 reasons = Credentials.irregularities(word.classOf(), act.capturedAt, operator, operator);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        _lots[act.lot].word = word.afterAct(word.gramsOf() - act.grams, flags);
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
        uint256 word = _lots[act.lot].word;
        fault = _openFault(act.lot, word, act.seq);
        if (fault.length != 0) return (fault, digest, 0, 0);
        address entitled = ownerOf(act.lot);
        if (act.owner != entitled) {
            return (NotOwner.selector.because(act.lot, act.owner, entitled), digest, 0, 0);
        }
        bytes32 key = Signatures.keyOf(digest, act.giverR, act.giverVs, act.owner, proofs);
        (fault, owner) = Credentials.find(PARTIES, act.owner, key, act.capturedAt);
        if (fault.length != 0) return (fault, digest, 0, 0);
        bytes32 signed = Signatures.hashOf(act.giverR, act.giverVs, proofs);
        bytes32 receipt = Acts.hashReceipt(ActHashes.TITLE_RECEIPT_TYPE, structHash, signed, domain);
        key = Signatures.keyOf(receipt, act.receiverR, act.receiverVs, act.to, proofs);
        (fault, to) = Credentials.find(PARTIES, act.to, key, act.capturedAt);
    }

    function _passTitle(PassTitleAct calldata act, bytes32 digest, uint256 owner, uint256 to) private {
        uint256 word = _lots[act.lot].word;
        // title alone needs no licence
        uint256 reasons = Credentials.irregularities(0, act.capturedAt, owner, to);
        uint256 flags = word.flagsOf() | (reasons == 0 ? 0 : LotWord.REVIEW);
        flags &= ~LotWord.BAILED;
        if (act.to != word.custodianOf()) {
            flags |= LotWord.BAILED;
            _titles[act.lot] = act.to;
        }
        _lots[act.lot].word = word.afterAct(word.gramsOf(), flags);
        uint256 terms =
            (uint256(act.seq) << 232) | (uint256(act.capturedAt) << 192) | (reasons << 188) | (flags << 184);
        emit TitlePassed(act.lot, act.owner, act.to, digest, terms, act.anchor, act.evidence);
    }
}
