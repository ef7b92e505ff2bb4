// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {IssuanceActions} from "./IssuanceActions.sol";

/// @notice What holders, the keepers of locks and the auditor do with blocks, well.
abstract contract CreditActions is IssuanceActions {
    uint8 internal constant DEDICATED = 32;
    uint8 internal constant IN_TRANSIT = 4;
    /// @dev For {_find}.
    uint8 private constant ANY = type(uint8).max;

    function _playTransfer(uint256 seed) internal returns (bool) {
        (ICredits.Piece[] memory pieces, address holder) = _pieces(seed, 1 + (seed % 3));
        if (holder == address(0)) return false;
        address to = WORLD.holders(_draw(seed, "to") % WORLD.HOLDERS());
        _done(holder, abi.encodeCall(ICredits.transfer, (pieces, to, bytes32("basis"))));
        for (uint256 i = 0; i < pieces.length; ++i) _blocks[_bookCut(pieces[i])].holder = to;
        return true;
    }

    /// @dev By the keeper of the one lock that a block has.
    function _playTransferLocked(uint256 seed) internal returns (bool) {
        (uint256 id, uint256 bit) = _lockedOnce(seed);
        if (id == 0) return false;
        ICredits.Piece[] memory pieces = _one(id, seed);
        address to = WORLD.holders(_draw(seed, "to") % WORLD.HOLDERS());
        _done(WORLD.keepers(bit), abi.encodeCall(ICredits.transfer, (pieces, to, bytes32("basis"))));
        _blocks[_bookCut(pieces[0])].holder = to;
        return true;
    }

    function _playSplit(uint256 seed) internal returns (bool) {
        uint256 id = _find(seed, 0, 2);
        if (id == 0) return false;
        uint64 kg = uint64(1 + (_draw(seed, "kg") % (_blocks[id].kg - 1)));
        ICredits.Piece memory piece = ICredits.Piece(id, kg);
        _done(_blocks[id].holder, abi.encodeCall(ICredits.split, (piece)));
        _bookCut(piece);
        return true;
    }

    function _playRetire(uint256 seed) internal returns (bool) {
        (ICredits.Piece[] memory pieces, address holder) = _pieces(seed, 1 + (seed % 3));
        if (holder == address(0)) return false;
        return _retire(pieces, holder, uint16(1 + (seed % 2)));
    }

    function _playRetireDedicated(uint256 seed) internal returns (bool) {
        uint256 id = _find(seed, DEDICATED, 1);
        if (id == 0) {
            if (!_playDedicate(seed)) return false;
            id = touched[touched.length - 1];
        }
        return _retire(_one(id, seed), _blocks[id].holder, _blocks[id].purpose);
    }

    function _playCancel(uint256 seed) internal returns (bool) {
        (ICredits.Piece[] memory pieces, address holder) = _pieces(seed, 1 + (seed % 2));
        if (holder == address(0)) return false;
        _done(holder, abi.encodeCall(ICredits.cancel, (pieces, 0)));
        for (uint256 i = 0; i < pieces.length; ++i) _bookEnd(pieces[i], 2, 0);
        return true;
    }

    function _playExport(uint256 seed) internal returns (bool) {
        uint256 id = _find(seed, IN_TRANSIT, 1);
        if (id == 0) {
            id = _find(seed, 0, 1);
            if (id == 0) return false;
            _lock(_one(id, seed), 2, IN_TRANSIT, 0);
            id = touched[touched.length - 1];
        }
        ICredits.Piece[] memory pieces = _one(id, seed);
        _done(WORLD.keepers(2), abi.encodeCall(ICredits.exportOut, (pieces, bytes32("receipt"))));
        _bookEnd(pieces[0], 3, 0);
        return true;
    }

    /// @dev A lock of a whole block, whatever locks it has, or of a part of one that has none.
    function _playLock(uint256 seed) internal returns (bool) {
        uint8 bit = uint8(_draw(seed, "bit") % 5);
        uint256 id = _find(seed, seed % 3 == 0 ? ANY : 0, 1);
        if (id == 0) return false;
        ICredits.Piece[] memory pieces = _one(id, seed);
        if (_blocks[id].locks & ~DEDICATED != 0) pieces[0].kg = _blocks[id].kg;
        return _lock(pieces, bit, uint8(1 << bit), 0);
    }

    function _playUnlock(uint256 seed) internal returns (bool) {
        (uint256 id, uint256 bit) = _lockedOnce(seed);
        if (id == 0) return false;
        return _lock(_one(id, seed), bit, 0, uint8(1 << bit));
    }

    function _playDedicate(uint256 seed) internal returns (bool) {
        uint256 id = _find(seed, 0, 1);
        if (id == 0) return false;
        ICredits.Piece[] memory pieces = _one(id, seed);
        uint16 purpose = uint16(1 + (seed % 2));
        _done(WORLD.keepers(5), abi.encodeCall(ICredits.dedicate, (pieces, purpose, bytes32("basis"))));
        Block storage b = _blocks[_bookCut(pieces[0])];
        (b.locks, b.purpose) = (b.locks | DEDICATED, purpose);
        return true;
    }

    function _playAnnotate(uint256 seed) internal returns (bool) {
        if (records.length == 0) return false;
        uint256 i = _draw(seed, "certificate") % records.length;
        notes[i] = keccak256(abi.encode(seed));
        _done(WORLD.AUDITOR(), abi.encodeCall(ICredits.annotate, (uint64(i + 1), notes[i])));
        return true;
    }

    /// @dev A live block of at least so much, with exactly these locks, any at all for {ANY}; zero when there is none.
    function _find(uint256 seed, uint8 locks, uint64 kg) internal view returns (uint256) {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[addmod(seed, i, ids.length)];
            Block storage b = _blocks[id];
            if (b.disposition != 0 || b.kg < kg) continue;
            if (locks == ANY || locks == b.locks) return id;
        }
        return 0;
    }

    /// @dev A live block that one lock bars, any but Dedicated, and its bit; locked now where none is.
    function _lockedOnce(uint256 seed) internal returns (uint256 id, uint256 bit) {
        (id, bit) = _findLocked(seed);
        if (id == 0 && _playLock(seed)) (id, bit) = _findLocked(seed);
    }

    function _findLocked(uint256 seed) private view returns (uint256 id, uint256 bit) {
        for (uint256 i = 0; i < 5 && id == 0; ++i) {
            bit = addmod(seed, i, 5);
            id = _find(seed, uint8(1 << bit), 1);
        }
    }

    /// @dev A piece of a block, whole at times.
    function _one(uint256 id, uint256 seed) internal view returns (ICredits.Piece[] memory pieces) {
        pieces = new ICredits.Piece[](1);
        uint64 has = _blocks[id].kg;
        pieces[0] = ICredits.Piece(id, _draw(seed, "whole") % 3 == 0 ? has : uint64(1 + (_draw(seed, "kg") % has)));
    }

    /// @dev Pieces that one holder may command: the first may be cut twice.
    function _pieces(
        uint256 seed,
        uint256 count
    ) private view returns (ICredits.Piece[] memory pieces, address holder) {
        uint256 id = _find(seed, 0, 1);
        if (id == 0) return (pieces, address(0));
        pieces = _one(id, seed);
        holder = _blocks[id].holder;
        uint64 left = _blocks[id].kg - pieces[0].kg;
        if (count == 1 || left == 0) return (pieces, holder);
        ICredits.Piece memory first = pieces[0];
        pieces = new ICredits.Piece[](2);
        pieces[0] = first;
        uint256 other = count == 2 ? id : _find(_draw(seed, "other"), 0, 1);
        if (other != id && _blocks[other].holder == holder) pieces[1] = _one(other, seed)[0];
        else pieces[1] = ICredits.Piece(id, left);
    }

    function _retire(ICredits.Piece[] memory pieces, address holder, uint16 purpose) private returns (bool) {
        bytes32 beneficiary = keccak256(abi.encode(records.length));
        ICredits.Claim memory claim = ICredits.Claim(beneficiary, purpose, 202401, 202412, 156, 0);
        _done(holder, abi.encodeCall(ICredits.retire, (pieces, claim)));
        uint64 retirement = uint64(records.length + 1);
        uint256[] memory ended = new uint256[](pieces.length);
        uint64[] memory kg = new uint64[](pieces.length);
        for (uint256 i = 0; i < pieces.length; ++i) {
            (ended[i], kg[i]) = (_bookEnd(pieces[i], 1, retirement), pieces[i].kg);
        }
        bytes memory head = abi.encode(retirement, holder, beneficiary, purpose, 202401, 202412, 156, 0);
        // places of the two arrays, the time, then the arrays
        bytes memory places = abi.encode(11 * 32, (12 + ended.length) * 32, block.timestamp);
        bytes memory arrays = abi.encodePacked(ended.length, ended, kg.length, kg);
        records.push(keccak256(bytes.concat(head, places, arrays)));
        notes.push();
        return true;
    }

    function _lock(ICredits.Piece[] memory pieces, uint256 bit, uint8 set, uint8 cleared) private returns (bool) {
        _done(WORLD.keepers(bit), abi.encodeCall(ICredits.changeLocks, (pieces, set, cleared, bytes32("basis"))));
        Block storage b = _blocks[_bookCut(pieces[0])];
        b.locks = (b.locks | set) & ~cleared;
        if (b.locks & DEDICATED == 0) b.purpose = 0;
        return true;
    }
}
