// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {ILotEvents} from "../../../contracts/traceability/ILotEvents.sol";
import {Drawn} from "./Drawn.sol";
import {Messages} from "./Messages.sol";
import {VM} from "./Vm.sol";

/// @notice Plays a storage coast: people sign acts of every kind, others carry them well, twice, too early, too late or
/// spoiled; the registry suspends, the auditor rules. Each action tells whether it did what it was meant to do.
abstract contract LotActions is Drawn {
    uint256 public constant ACTIONS = 19;

    function _actions() internal pure returns (function(uint256) internal returns (bool)[ACTIONS] memory) {
        return [
            _playCollect,
            _playHandoff,
            _playVariance,
            _playHeavierScale,
            _playBailment,
            _playReturn,
            _playSplit,
            _playTransform,
            _playConclude,
            _playPassTitle,
            _playRuling,
            _playVoid,
            _playReplay,
            _playOutOfOrder,
            _playSpoilt,
            _playStranger,
            _playUntrue,
            _playBatch,
            _playRegistry
        ];
    }

    function _playCollect(uint256 seed) private returns (bool) {
        _collectFor(seed, _account(seed, "keeper"));
        return true;
    }

    function _playHandoff(uint256 seed) private returns (bool) {
        _handOver(_open(seed, Want.Titled), seed, _account(seed, "to"), 0, 0);
        return true;
    }

    /// @dev The receiver weighs less, or nothing at all.
    function _playVariance(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        uint256 lost = seed % 4 == 0 ? _lots[id].grams : 1 + (_draw(seed, "lost") % _lots[id].grams);
        _handOver(id, seed, _account(seed, "to"), -int256(lost), uint8(seed % 2));
        return true;
    }

    function _playHeavierScale(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        uint256 room = type(uint48).max - _lots[id].grams;
        if (room == 0) return false;
        _handOver(id, seed, _account(seed, "to"), int256(1 + (_draw(seed, "more") % room)), 0);
        return true;
    }

    /// @dev A lot in any hands goes on under bailment, a bailed one too; sometimes to where it is.
    function _playBailment(uint256 seed) private returns (bool) {
        _handOver(_open(seed, Want.Any), seed, _account(seed, "to"), 0, uint8(1 + (_draw(seed, "bailment") % 255)));
        return true;
    }

    function _playReturn(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Bailed);
        _handOver(id, seed, _lots[id].owner, 0, uint8(seed % 2));
        return true;
    }

    function _playSplit(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Any);
        ILotActs.SplitAct memory s = _split(id, seed, 1 + (_draw(seed, "parts") % 5));
        Signed memory act = _sign(s);
        _record(act, _one(id), s.grams.length);
        _bookSplit(act.digest, s);
        return true;
    }

    function _playTransform(uint256 seed) private returns (bool) {
        ILotActs.TransformAct memory t = _transform(seed);
        Signed memory act = _sign(t);
        bytes32[] memory named = new bytes32[](t.inputs.length);
        for (uint256 i = 0; i < named.length; ++i) named[i] = t.inputs[i].lot;
        _record(act, named, t.outputs.length);
        _bookTransform(act.digest, t);
        return true;
    }

    function _playConclude(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        ILotActs.ConcludeAct memory c = _conclude(id, seed);
        _record(_sign(c), _one(id), 0);
        _bookConclude(c);
        return true;
    }

    function _playPassTitle(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Any);
        ILotActs.PassTitleAct memory p = _passTitle(id, seed);
        _record(_sign(p), _one(id), 0);
        _bookPassTitle(p);
        return true;
    }

    /// @dev Of a lot in any state. Review and quarantine are cleared more often than set, so that claims go on.
    function _playRuling(uint256 seed) private returns (bool) {
        if (lots.length == 0) return false;
        bytes32 id = lots[seed % lots.length];
        uint8 set = uint8(_draw(seed, "set")) & uint8(_draw(seed, "and")) & 11;
        uint8 cleared = uint8(_draw(seed, "cleared")) & 11 & ~set;
        LEDGER.ruleOnFlags(id, set, cleared, bytes32(uint256(1)));
        _bookRuling(id, set, cleared);
        return true;
    }

    function _playVoid(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Any);
        LEDGER.voidLot(id, bytes32(uint256(1)));
        _bookVoid(id);
        return true;
    }

    /// @dev Whatever was recorded before comes again, as it was.
    function _playReplay(uint256 seed) private returns (bool) {
        if (_carried.length == 0) return false;
        _carry(_carried[seed % _carried.length]);
        return true;
    }

    /// @dev An act made for another state of the lot than its present one.
    function _playOutOfOrder(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        uint24 seq = _lots[id].seq + 1;
        if (seed % 2 == 0) seq = uint24(_draw(seed, "seq"));
        if (seq == _lots[id].seq) return false;
        Messages.Handoff memory h = _handoff(id, seed, _account(seed, "to"));
        ILotActs.SplitAct memory s = _split(id, seed, 2);
        ILotActs.ConcludeAct memory c = _conclude(id, seed);
        (h.seq, s.seq, c.seq) = (seq, seq, seq);
        uint256 kind = _draw(seed, "which") % 3;
        _refuse(kind == 0 ? _sign(h) : kind == 1 ? _sign(s) : _sign(c), ILotEvents.SeqNotCurrent.selector);
        return true;
    }

    /// @dev One bit of a good act is turned: whatever it now says, nobody signed it. The good one then counts.
    function _playSpoilt(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        ILotActs.ConcludeAct memory c = _conclude(id, seed);
        Messages.Handoff memory h = _handoff(id, seed, _account(seed, "to"));
        ILotActs.TransformAct memory t = _transform(seed);
        uint256 kind = _draw(seed, "which") % 4;
        Signed memory s = kind == 0 ? _sign(c) : kind == 1 ? _sign(t) : kind == 2
            ? _sign(h)
            : _sign(_split(id, seed, 3));
        // after the selector and three words, before the length of the proofs
        uint256 bit = 8 * 100 + (_draw(seed, "bit") % (8 * (s.record.length - 132)));
        // a handoff's spare bits are nobody's
        if (kind == 2 && bit >= 8 * 100 + 744 && bit < 8 * 100 + 768) return false;
        s.record[bit / 8] ^= bytes1(uint8(0x80 >> (bit % 8)));
        uint256 word = LEDGER.lots(id);
        // what does not decode stops the call, as it must
        (bool decoded, ) = address(LEDGER).call(s.record);
        require(!decoded || LEDGER.lots(id) == word, "nobody signed this");
        if (kind != 2) return true;
        s.record[bit / 8] ^= bytes1(uint8(0x80 >> (bit % 8)));
        _record(s, _one(id), 0);
        _bookHandoff(h);
        return true;
    }

    /// @dev Somebody acts on what they do not hold, or hands over to nobody that is known.
    function _playStranger(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        Messages.Handoff memory h = _handoff(id, seed, address(uint160(_draw(seed, "nobody"))));
        ILotActs.PassTitleAct memory p = _passTitle(id, seed);
        uint256 kind = _draw(seed, "which") % 3;
        if (kind == 0) {
            _refuse(_sign(h), ILotEvents.AccountNotRegistered.selector);
        } else if (kind == 1) {
            (h.from, h.to) = (_other(h.from, seed), h.from);
            _refuse(_sign(h), ILotEvents.NotCustodian.selector);
        } else {
            p.owner = _other(p.owner, seed);
            _refuse(_sign(p), ILotEvents.NotOwner.selector);
        }
        return true;
    }

    /// @dev Signed by whom it must be, and yet impossible.
    function _playUntrue(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        uint256 kind = _draw(seed, "which") % 4;
        if (kind == 0) {
            Messages.Handoff memory h = _handoff(id, seed, _account(seed, "to"));
            h.declaredGrams ^= 1;
            _refuse(_sign(h), ILotEvents.GramsNotMatching.selector);
        } else if (kind == 1) {
            ILotActs.SplitAct memory s = _split(id, seed, 3);
            unchecked {
                s.grams[0] += 1;
            }
            if (s.grams[0] != 0) _refuse(_sign(s), ILotEvents.GramsNotMatching.selector);
        } else if (kind == 2) {
            ILotActs.TransformAct memory t = _transform(seed);
            if (seed % 2 == 0) {
                t.lossGrams ^= 1;
                _refuse(_sign(t), ILotEvents.GramsNotMatching.selector);
            } else {
                _refuse(_sign(_twice(t)), ILotEvents.InputsNotAscending.selector);
            }
        } else {
            _playUntitled(seed);
        }
        return true;
    }

    /// @dev The transform with one lot only, which goes in twice and comes out twice.
    function _twice(ILotActs.TransformAct memory t) private view returns (ILotActs.TransformAct memory) {
        ILotActs.Input memory input = t.inputs[0];
        t.inputs = new ILotActs.Input[](2);
        t.outputs = new ILotActs.Output[](2);
        (t.inputs[0], t.inputs[1], t.lossGrams) = (input, input, 0);
        t.outputs[0] = ILotActs.Output(1, _lots[input.lot].grams);
        t.outputs[1] = t.outputs[0];
        return t;
    }

    /// @dev Acts that need title, on a lot that is in other hands than its owner's.
    function _playUntitled(uint256 seed) private {
        bytes32 id = _open(seed, Want.Bailed);
        address owner = _lots[id].owner;
        Messages.Handoff memory h = _handoff(id, seed, _other(owner, seed));
        if (h.to == owner) return;
        if (seed % 2 == 0) _refuse(_sign(h), ILotEvents.LotBailed.selector);
        else _refuse(_sign(_conclude(id, seed)), ILotEvents.NotOwner.selector);
    }

    /// @dev A lot goes through two hands in one batch; between them the first act once more, and one of wrong grams.
    function _playBatch(uint256 seed) private returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        ILotActs.HandoffAct[] memory acts = new ILotActs.HandoffAct[](4);
        Messages.Handoff memory h = _handoff(id, seed, _account(seed, "first"));
        acts[0] = _packed(h);
        acts[1] = acts[0];
        _bookHandoff(h);
        h = _handoff(id, seed, _account(seed, "second"));
        h.declaredGrams ^= 1;
        acts[2] = _packed(h);
        h.declaredGrams ^= 1;
        acts[3] = _packed(h);
        _bookHandoff(h);
        _carry(abi.encodeCall(LEDGER.recordHandoffs, (acts, new bytes[](0))));
        return LEDGER.lots(id) == wordOf(id);
    }

    /// @dev The registry suspends or closes somebody, or lets them back in: their acts are still recorded. Time passes.
    function _playRegistry(uint256 seed) private returns (bool) {
        address account = _account(seed, "account");
        _suspended[account] = seed % 3 == 0;
        WORLD.PARTIES().setStatus(account, seed % 3 == 0 ? uint8(2 + ((seed / 3) % 2)) : 1, bytes32(seed));
        VM.warp(block.timestamp + (_draw(seed, "time") % 1 days));
        return true;
    }
}
