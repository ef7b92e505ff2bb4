// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {CreditActions} from "./CreditActions.sol";

/// @notice Commands that must be refused. One that is not is not booked: the register then differs from the book.
abstract contract BadCredits is CreditActions {
    uint256 public constant ACTIONS = 23;

    function _actions() internal pure returns (function(uint256) internal returns (bool)[ACTIONS] memory) {
        return
            [
                _playSubmit,
                _playVerify,
                _playVerifyAgain,
                _playIssue,
                _playIssueTwice,
                _playIssueAbove,
                _playIssueOverlapping,
                _playIssueEarly,
                _playTransfer,
                _playTransferLocked,
                _playSplit,
                _playRetire,
                _playRetireDedicated,
                _playCancel,
                _playExport,
                _playLock,
                _playUnlock,
                _playDedicate,
                _playAnnotate,
                _playForeign,
                _playLocked,
                _playEnded,
                _playTooMuch
            ];
    }

    /// @dev Somebody commands what another holds.
    function _playForeign(uint256 seed) private returns (bool) {
        uint256 id = _find(seed, 0, 1);
        if (id == 0) return false;
        touched.push(id);
        address other = WORLD.holders(seed % WORLD.HOLDERS());
        if (other == _blocks[id].holder) other = WORLD.ISSUER();
        return _refused(other, _command(_one(id, seed), other, seed), ICredits.NotHolder.selector);
    }

    /// @dev The holder, or the keeper of another lock, commands what is locked.
    function _playLocked(uint256 seed) private returns (bool) {
        (uint256 id, uint256 bit) = _lockedOnce(seed);
        if (id == 0) return false;
        touched.push(id);
        address sender = seed % 2 == 0 ? _blocks[id].holder : WORLD.keepers((bit + 1) % 6);
        return _refused(sender, _command(_one(id, seed), sender, seed), ICredits.BlockLocked.selector);
    }

    function _playEnded(uint256 seed) private returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[addmod(seed, i, ids.length)];
            address holder = _blocks[id].holder;
            if (_blocks[id].disposition == 0) continue;
            touched.push(id);
            return _refused(holder, _command(_one(id, seed), holder, seed), ICredits.BlockNotLive.selector);
        }
        return false;
    }

    function _playTooMuch(uint256 seed) private returns (bool) {
        uint256 id = _find(seed, 0, 1);
        if (id == 0) return false;
        touched.push(id);
        ICredits.Piece[] memory pieces = _one(id, seed);
        pieces[0].kg = _blocks[id].kg + 1;
        address holder = _blocks[id].holder;
        return _refused(holder, _command(pieces, holder, seed), ICredits.KgAboveBlock.selector);
    }

    function _command(ICredits.Piece[] memory pieces, address to, uint256 seed) private pure returns (bytes memory) {
        uint256 kind = _draw(seed, "command") % 3;
        if (kind == 0) return abi.encodeCall(ICredits.transfer, (pieces, to, bytes32("basis")));
        if (kind == 1) return abi.encodeCall(ICredits.cancel, (pieces, 0));
        ICredits.Claim memory claim = ICredits.Claim(bytes32("somebody"), 1, 202401, 202412, 156, 0);
        return abi.encodeCall(ICredits.retire, (pieces, claim));
    }
}
