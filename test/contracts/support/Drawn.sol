// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {Messages} from "./Messages.sol";
import {ActMaker} from "./ActMaker.sol";

/// @notice Draws lots, accounts and acts from a seed. Where no lot is as wanted, one is made.
abstract contract Drawn is ActMaker {
    enum Want {
        Any,
        Titled,
        Bailed
    }

    uint256 private _salt;

    /// @dev An open lot: any, one in its owner's hands, or one that is bailed.
    function _open(uint256 seed, Want want) internal returns (bytes32) {
        for (uint256 i = 0; i < lots.length; ++i) {
            bytes32 id = lots[addmod(seed, i, lots.length)];
            if (_isOpen(id, want)) return id;
        }
        bytes32 made = _collectFor(seed, _account(seed, "keeper"));
        if (want == Want.Bailed) _handOver(made, seed, _other(_lots[made].custodian, seed), 0, 1);
        return made;
    }

    function _isOpen(bytes32 id, Want want) private view returns (bool) {
        if (_lots[id].disposition != 0) return false;
        return want == Want.Any || (want == Want.Bailed) == (_lots[id].owner != _lots[id].custodian);
    }

    function _collectFor(uint256 seed, address keeper) internal returns (bytes32) {
        Messages.Collect memory c = _collect(seed, keeper);
        Signed memory s = _sign(c);
        _record(s, new bytes32[](0), 0);
        _bookCollect(s.digest, c);
        return s.digest;
    }

    function _collect(uint256 seed, address keeper) internal returns (Messages.Collect memory c) {
        c.class = _class(seed);
        // from 1 g to 17,592 t, every order of magnitude as likely
        c.grams = uint48(1 + (_draw(seed, "grams") % (2 << (_draw(seed, "size") % 44))));
        (c.collector, c.keeper) = (_account(seed, "collector"), keeper);
        (c.capturedAt, c.anchor, c.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
        c.salt = bytes32(++_salt);
    }

    /// @dev Hands a lot over; `accepted` is what the receiver weighs, less the lot's grams plus one.
    function _handOver(bytes32 id, uint256 seed, address to, int256 more, uint8 bailment) internal {
        Messages.Handoff memory h = _handoff(id, seed, to);
        h.acceptedGrams = uint48(uint256(int256(uint256(h.declaredGrams)) + more));
        h.bailment = bailment;
        _record(_sign(h), _one(id), 0);
        _bookHandoff(h);
    }

    /// @dev All of a lot to somebody, with title.
    function _handoff(bytes32 id, uint256 seed, address to) internal view returns (Messages.Handoff memory h) {
        Lot memory lot = _lots[id];
        (h.lot, h.from, h.to, h.seq) = (id, lot.custodian, to, lot.seq);
        (h.declaredGrams, h.acceptedGrams) = (lot.grams, lot.grams);
        (h.capturedAt, h.anchor, h.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
    }

    function _split(bytes32 id, uint256 seed, uint256 parts) internal view returns (ILotActs.SplitAct memory s) {
        Lot memory lot = _lots[id];
        (s.lot, s.seq, s.operator) = (id, lot.seq, lot.custodian);
        s.grams = _parts(lot.grams, lot.grams < parts ? 1 : parts, seed);
        (s.capturedAt, s.anchor, s.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
    }

    function _conclude(bytes32 id, uint256 seed) internal view returns (ILotActs.ConcludeAct memory c) {
        Lot memory lot = _lots[id];
        (c.lot, c.seq, c.operator) = (id, lot.seq, lot.custodian);
        c.grams = seed % 3 == 0 ? lot.grams : uint48(1 + (_draw(seed, "part") % lot.grams));
        bool barred = lot.contested || lot.quarantined;
        c.kind = barred ? uint16(2 + (_draw(seed, "kind") % 6)) : uint16(1 + (_draw(seed, "kind") % 7));
        (c.capturedAt, c.anchor, c.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
    }

    function _passTitle(bytes32 id, uint256 seed) internal view returns (ILotActs.PassTitleAct memory p) {
        Lot memory lot = _lots[id];
        (p.lot, p.seq, p.owner, p.to) = (id, lot.seq, lot.owner, _account(seed, "to"));
        (p.capturedAt, p.anchor, p.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
    }

    /// @dev One to four lots of one custodian become one to three; the last part is the loss, if there is one.
    function _transform(uint256 seed) internal returns (ILotActs.TransformAct memory t) {
        uint256 total;
        (t.inputs, total) = _inputs(_open(seed, Want.Titled), seed);
        uint256 count = 1 + (_draw(seed, "outputs") % 3);
        bool lossless = seed % 4 == 0;
        uint256 parts = lossless ? count : count + 1;
        if (total < parts) (count, parts, lossless) = (1, 1, true);
        uint48[] memory grams = _parts(uint48(total), parts, seed);
        t.outputs = new ILotActs.Output[](count);
        for (uint256 i = 0; i < count; ++i) {
            t.outputs[i] = ILotActs.Output(_class(uint256(keccak256(abi.encode(seed, i)))), grams[i]);
        }
        t.lossGrams = lossless ? 0 : grams[count];
        t.process = seed % 8 == 0 ? 99 : WORLD.PROCESS();
        t.operator = _lots[t.inputs[0].lot].custodian;
        (t.capturedAt, t.anchor, t.evidence) = (_time(seed), bytes32(seed), keccak256(abi.encode(seed)));
        t.salt = bytes32(++_salt);
    }

    function _inputs(bytes32 first, uint256 seed) private returns (ILotActs.Input[] memory inputs, uint256 total) {
        inputs = new ILotActs.Input[](1 + (_draw(seed, "inputs") % 4));
        address operator = _lots[first].custodian;
        for (uint256 i = 0; i < inputs.length; ++i) {
            bytes32 id = i == 0 ? first : _collectFor(_draw(seed + i, "input"), operator);
            // what would not fit into one lot is left out
            if (total + _lots[id].grams > type(uint48).max) return _inputs(id, 0);
            total += _lots[id].grams;
            uint256 place = i;
            for (; place > 0 && inputs[place - 1].lot > id; --place) inputs[place] = inputs[place - 1];
            inputs[place] = ILotActs.Input(id, _lots[id].seq);
        }
    }

    /// @dev So many parts of a mass, none of them zero.
    function _parts(uint48 total, uint256 count, uint256 seed) private pure returns (uint48[] memory grams) {
        grams = new uint48[](count);
        uint256 left = total;
        for (uint256 i = 0; i + 1 < count; ++i) {
            grams[i] = uint48(1 + (uint256(keccak256(abi.encode(seed, i))) % (left - (count - 1 - i))));
            left -= grams[i];
        }
        grams[count - 1] = uint48(left);
    }

    function _one(bytes32 id) internal pure returns (bytes32[] memory named) {
        named = new bytes32[](1);
        named[0] = id;
    }

    function _account(uint256 seed, string memory who) internal view returns (address) {
        return WORLD.accounts(_draw(seed, who) % WORLD.ACCOUNTS());
    }

    function _other(address not, uint256 seed) internal view returns (address account) {
        account = _account(seed, "other");
        if (account == not) account = WORLD.accounts((_draw(seed, "other") + 1) % WORLD.ACCOUNTS());
    }

    /// @dev Within an hour of now; what is more than ten minutes ahead goes under review.
    function _time(uint256 seed) private view returns (uint40) {
        return uint40(block.timestamp - 1 hours + (_draw(seed, "time") % 80 minutes));
    }

    /// @dev Four that the process knows, one that it does not, one that needs a licence.
    function _class(uint256 seed) private view returns (uint16) {
        uint256 class = _draw(seed, "class") % 12;
        return class == 11 ? WORLD.LICENSED_CLASS() : uint16(class > 4 ? class % 4 : class);
    }

    function _draw(uint256 seed, string memory what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }
}
