// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {Messages} from "./Messages.sol";
import {World} from "./World.sol";

/// @notice What must become of lots, kept naively: a struct a lot, one field a fact. An act is booked when it was meant to
/// be recorded, and only then.
abstract contract NaiveLots {
    struct Lot {
        address custodian;
        address owner;
        uint48 grams;
        uint24 seq;
        uint16 class;
        // 0 open, 1 consumed, 2 void
        uint8 disposition;
        bool contested;
        bool quarantined;
        bool review;
        // what it began with, and what it gave since
        uint48 born;
        uint256 gave;
    }

    World public immutable WORLD;

    bytes32[] public lots;
    uint256 public collected;
    uint256 public concluded;

    mapping(bytes32 lot => Lot) internal _lots;
    mapping(address account => bool) internal _suspended;

    constructor() {
        WORLD = new World();
    }

    function lotCount() external view returns (uint256) {
        return lots.length;
    }

    function lotOf(bytes32 lot) external view returns (Lot memory) {
        return _lots[lot];
    }

    /// @notice The word in which the ledger must hold the lot.
    function wordOf(bytes32 id) public view returns (uint256) {
        Lot memory lot = _lots[id];
        uint8 flags = (lot.contested ? 1 : 0) | (lot.quarantined ? 2 : 0) | (lot.review ? 8 : 0);
        if (lot.owner != lot.custodian) flags |= 4;
        uint8 low = lot.disposition * 16 + flags;
        return uint256(bytes32(abi.encodePacked(lot.custodian, lot.grams, lot.seq, lot.class, low)));
    }

    function _bookCollect(bytes32 id, Messages.Collect memory c) internal {
        Lot memory lot;
        lot.review = _wrongPapers(c.class, c.capturedAt, c.collector, c.keeper);
        _begin(id, lot, c.keeper, c.keeper, c.class, c.grams);
        collected += c.grams;
    }

    function _bookHandoff(Messages.Handoff memory h) internal {
        Lot storage lot = _lots[h.lot];
        if (_wrongPapers(lot.class, h.capturedAt, h.from, h.to)) lot.review = true;
        if (h.acceptedGrams > lot.grams) lot.review = true;
        else _lose(lot, lot.grams - h.acceptedGrams);
        if (h.bailment == 0) lot.owner = h.to;
        lot.custodian = h.to;
        ++lot.seq;
    }

    function _bookSplit(bytes32 digest, ILotActs.SplitAct memory s) internal {
        Lot storage lot = _lots[s.lot];
        if (_wrongPapers(lot.class, s.capturedAt, s.operator, s.operator)) lot.review = true;
        for (uint256 i = 0; i < s.grams.length; ++i) {
            _begin(keccak256(abi.encode(digest, i)), lot, lot.custodian, lot.owner, lot.class, s.grams[i]);
        }
        _consume(lot);
    }

    function _bookTransform(bytes32 digest, ILotActs.TransformAct memory t) internal {
        Lot memory made;
        uint256 total = 0;
        bool usual = t.process == WORLD.PROCESS();
        for (uint256 i = 0; i < t.inputs.length; ++i) {
            Lot storage lot = _lots[t.inputs[i].lot];
            made.contested = made.contested || lot.contested;
            made.quarantined = made.quarantined || lot.quarantined;
            made.review = made.review || lot.review;
            usual = usual && lot.class < 4;
            total += lot.grams;
            _consume(lot);
        }
        for (uint256 i = 0; i < t.outputs.length; ++i) {
            usual = usual && t.outputs[i].class < 4;
            made.review = made.review || _wrongPapers(t.outputs[i].class, t.capturedAt, t.operator, t.operator);
        }
        if (!usual || 2 * uint256(t.lossGrams) > total) made.quarantined = true;
        for (uint256 i = 0; i < t.outputs.length; ++i) {
            bytes32 id = keccak256(abi.encode(digest, i));
            _begin(id, made, t.operator, t.operator, t.outputs[i].class, t.outputs[i].grams);
        }
        concluded += t.lossGrams;
    }

    function _bookConclude(ILotActs.ConcludeAct memory c) internal {
        Lot storage lot = _lots[c.lot];
        if (_wrongPapers(lot.class, c.capturedAt, c.operator, c.operator)) lot.review = true;
        _lose(lot, c.grams);
        ++lot.seq;
    }

    function _bookPassTitle(ILotActs.PassTitleAct memory p) internal {
        Lot storage lot = _lots[p.lot];
        if (_wrongPapers(0, p.capturedAt, p.owner, p.to)) lot.review = true;
        lot.owner = p.to;
        ++lot.seq;
    }

    function _bookRuling(bytes32 id, uint8 set, uint8 cleared) internal {
        Lot storage lot = _lots[id];
        lot.contested = (lot.contested || set & 1 != 0) && cleared & 1 == 0;
        lot.quarantined = (lot.quarantined || set & 2 != 0) && cleared & 2 == 0;
        lot.review = (lot.review || set & 8 != 0) && cleared & 8 == 0;
    }

    function _bookVoid(bytes32 id) internal {
        _lose(_lots[id], _lots[id].grams);
        _lots[id].disposition = 2;
    }

    /// @dev With the flags of `like`.
    function _begin(bytes32 id, Lot memory like, address custodian, address owner, uint16 class, uint48 grams) private {
        Lot memory lot = Lot(custodian, owner, grams, 0, class, 0, false, false, false, grams, 0);
        (lot.contested, lot.quarantined, lot.review) = (like.contested, like.quarantined, like.review);
        lots.push(id);
        _lots[id] = lot;
    }

    function _consume(Lot storage lot) private {
        lot.gave += lot.grams;
        (lot.grams, lot.disposition) = (0, 1);
        ++lot.seq;
    }

    /// @dev Grams leave the ledger.
    function _lose(Lot storage lot, uint48 grams) private {
        concluded += grams;
        lot.gave += grams;
        lot.grams -= grams;
        if (lot.grams == 0) lot.disposition = 1;
    }

    function _wrongPapers(
        uint16 class,
        uint40 capturedAt,
        address giver,
        address custodian
    ) private view returns (bool) {
        if (_suspended[giver] || _suspended[custodian]) return true;
        if (class >= 1024 && !(class < 6 * 1024 && custodian == WORLD.accounts(WORLD.PEOPLE()))) return true;
        return capturedAt > block.timestamp + 10 minutes;
    }
}
