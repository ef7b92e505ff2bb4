// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {BadActs} from "./BadActs.sol";
import {Messages} from "./Messages.sol";
import {VM} from "./Vm.sol";

/// @notice Plays a storage coast: people sign acts of every kind, others carry them well, twice, too early, too late or
/// spoiled; the registry suspends, the auditor rules. Each action tells whether it did what it was meant to do.
abstract contract LotActions is BadActs {
    uint256 public constant ACTIONS = 19;

    function _actions() internal pure returns (function(uint256) internal returns (bool)[ACTIONS] memory) {
        return
            [
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
