// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {ILotEvents} from "../../../contracts/traceability/ILotEvents.sol";
import {Drawn} from "./Drawn.sol";
import {Messages} from "./Messages.sol";

/// @notice Acts that cannot be true: the ledger must skip each for its reason.
abstract contract BadActs is Drawn {
    /// @dev An act made for another state of the lot than its present one.
    function _playOutOfOrder(uint256 seed) internal returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        uint24 seq = _lots[id].seq + 1;
        if (seed % 2 == 0) seq = uint24(_draw(seed, "seq"));
        if (seq == _lots[id].seq) return false;
        Messages.Handoff memory h = _handoff(id, seed, _account(seed, "to"));
        ILotActs.SplitAct memory s = _split(id, seed, 2);
        ILotActs.ConcludeAct memory c = _conclude(id, seed);
        (h.seq, s.seq, c.seq) = (seq, seq, seq);
        uint256 kind = _draw(seed, "which") % 3;
        _refuse(
            kind == 0
                ? _sign(h)
                : kind == 1
                    ? _sign(s)
                    : _sign(c),
            ILotEvents.SeqNotCurrent.selector
        );
        return true;
    }

    /// @dev One bit of a good act is turned: whatever it now says, nobody signed it. The good one then counts.
    function _playSpoilt(uint256 seed) internal returns (bool) {
        bytes32 id = _open(seed, Want.Titled);
        ILotActs.ConcludeAct memory c = _conclude(id, seed);
        Messages.Handoff memory h = _handoff(id, seed, _account(seed, "to"));
        ILotActs.TransformAct memory t = _transform(seed);
        uint256 kind = _draw(seed, "which") % 4;
        Signed memory s =
            kind == 0
                ? _sign(c)
                : kind == 1
                    ? _sign(t)
                    : kind == 2
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
    function _playStranger(uint256 seed) internal returns (bool) {
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
    function _playUntrue(uint256 seed) internal returns (bool) {
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
}
