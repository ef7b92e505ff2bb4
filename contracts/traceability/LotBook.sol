// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Domains} from "../libraries/Domains.sol";
import {Faults} from "../libraries/Faults.sol";
import {LotWord} from "../libraries/LotWord.sol";
import {ILotLedger} from "./ILotLedger.sol";

/// @title LotBook
/// @notice The state of all lots, what an act may be made upon, and what an auditor may rule.
abstract contract LotBook is ILotLedger, AccessManaged {
    using Faults for bytes4;
    using LotWord for uint256;

    uint8 private constant RULABLE = uint8(LotWord.CONTESTED | LotWord.QUARANTINED | LotWord.REVIEW);

    /// @dev The domain's verifying contract. It stays what it is when the authority is replaced: acts that are signed
    /// and not yet carried must remain good.
    address private immutable VERIFYING_CONTRACT;

    /// @dev In a struct, so that a batch finds a lot's place once and reads and writes there.
    struct Lot {
        uint256 word;
    }

    mapping(bytes32 id => Lot) internal _lots;

    /// @dev Who has title to a bailed lot; says nothing of any other.
    mapping(bytes32 lot => address owner) internal _titles;

    /// @dev `collected 128 | concluded 128`
    uint256 private _totals;

    constructor(address authority) AccessManaged(authority) {
        VERIFYING_CONTRACT = authority;
    }

    // The auditor

    /// @inheritdoc ILotLedger
    function ruleOnFlags(bytes32 lot, uint8 set, uint8 cleared, bytes32 basis) external restricted {
        uint256 word = _ruled(lot, basis);
        if ((set | cleared) & ~RULABLE != 0 || set & cleared != 0) revert FlagsNotRulable(lot, set, cleared);
        _lots[lot].word = word.withFlags((word.flagsOf() | set) & ~uint256(cleared));
        emit FlagsChanged(lot, set, cleared, basis);
    }

    /// @inheritdoc ILotLedger
    function voidLot(bytes32 lot, bytes32 basis) external restricted {
        uint256 word = _ruled(lot, basis);
        if (word.dispositionOf() != LotWord.OPEN) revert LotNotOpen(lot, uint8(word.dispositionOf()));
        _lots[lot].word = word.voided();
        _count(0, word.gramsOf());
        emit LotVoided(lot, msg.sender, uint48(word.gramsOf()), basis);
    }

    // Anyone

    /// @inheritdoc ILotLedger
    function domainSeparator() public view returns (bytes32 separator) {
        return Domains.separator(VERIFYING_CONTRACT);
    }

    /// @inheritdoc ILotLedger
    function lots(bytes32 lot) external view returns (uint256 word) {
        return _lots[lot].word;
    }

    /// @inheritdoc ILotLedger
    function totals() external view returns (uint128 collected, uint128 concluded) {
        return (uint128(_totals >> 128), uint128(_totals));
    }

    /// @inheritdoc ILotLedger
    function ownerOf(bytes32 lot) public view returns (address owner) {
        uint256 word = _lots[lot].word;
        return word & LotWord.BAILED == 0 ? word.custodianOf() : _titles[lot];
    }

    /// @inheritdoc ILotLedger
    function childId(bytes32 digest, uint256 index) public pure returns (bytes32 lot) {
        return keccak256(abi.encode(digest, index));
    }

    /// @dev Adds to the totals. An act adds less than 2^48 grams: 2^80 acts would be needed to overflow.
    function _count(uint256 collected, uint256 concluded) internal {
        if (collected | concluded != 0) _totals += (collected << 128) + concluded;
    }

    /// @dev The flags of a lot that goes to `to` under bailment, or that was bailed before. Title stays with its owner;
    /// in the owner's own hands the lot is bailed no more.
    function _bail(bytes32 lot, uint256 word, uint256 to, uint256 flags) internal returns (uint256) {
        if (word & LotWord.BAILED == 0) {
            if (to == word >> 96) return flags;
            _titles[lot] = word.custodianOf();
            return flags | LotWord.BAILED;
        }
        return uint160(_titles[lot]) == to ? flags & ~LotWord.BAILED : flags;
    }

    /// @dev Why no act made for this state can be recorded; empty when one can.
    function _openFault(bytes32 lot, uint256 word, uint256 seq) internal pure returns (bytes memory) {
        if (word == 0) return LotUnknown.selector.because(lot);
        uint256 current = word.seqOf();
        // the last seq has no successor
        if (seq != current || current == LotWord.SEQ) {
            return SeqNotCurrent.selector.because(lot, seq, current);
        }
        if (word.dispositionOf() == LotWord.OPEN) return "";
        return LotNotOpen.selector.because(lot, word.dispositionOf());
    }

    /// @dev As {_openFault}, for an act of the custodian.
    function _holdingFault(
        bytes32 lot,
        uint256 word,
        uint256 seq,
        address account
    ) internal pure returns (bytes memory fault) {
        fault = _openFault(lot, word, seq);
        if (fault.length == 0 && word.custodianOf() != account) {
            fault = NotCustodian.selector.because(lot, account, word.custodianOf());
        }
    }

    /// @dev As {_holdingFault}, for an act that needs title as well.
    function _titleFault(
        bytes32 lot,
        uint256 word,
        uint256 seq,
        address account
    ) internal view returns (bytes memory fault) {
        fault = _holdingFault(lot, word, seq, account);
        if (fault.length == 0 && word & LotWord.BAILED != 0) {
            fault = NotOwner.selector.because(lot, account, _titles[lot]);
        }
    }

    /// @dev Reverts with a fault, if it is one.
    function _refuse(bytes memory fault) internal pure {
        if (fault.length != 0) LowLevelCall.bubbleRevert(fault);
    }

    /// @dev The word of a lot that an auditor rules upon.
    function _ruled(bytes32 lot, bytes32 basis) private view returns (uint256 word) {
        // the authority's `execute` would hide who ruled
        if (msg.sender == authority()) revert ActorHidden();
        if (basis == 0) revert BasisMissing(lot);
        word = _lots[lot].word;
        if (word == 0) revert LotUnknown(lot);
    }
}
