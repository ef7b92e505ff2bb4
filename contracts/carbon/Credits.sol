// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Actors} from "../access/Actors.sol";
import {IParties} from "../access/IParties.sol";
import {BlockWord} from "../libraries/BlockWord.sol";
import {ICredits} from "./ICredits.sol";
import {Register} from "./Register.sol";

/// @title Credits
/// @notice The register of credits. Issuance, markets, pledges are modules around it that hold its roles.
contract Credits is Register {
    using BlockWord for uint256;

    struct Retirement {
        bytes32 record;
        bytes32 note;
    }

    /// @dev At a place of its own, so that a retirement's storage key stays what it is: certificates prove it.
    /// @custom:storage-location erc7201:tidemark.storage.Retirements
    struct Retirements {
        mapping(uint64 id => Retirement) byId;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("tidemark.storage.Retirements")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant RETIREMENTS = 0xac923b2976b10428d4b5ce26c3201724c17618d4cc86fd4be79c9abde1db0200;

    uint256 private constant MOST_KG = type(uint64).max >> 1;

    mapping(uint128 batch => uint256 word) private _batches;
    mapping(uint128 batch => uint256 word) private _origins;

    /// @inheritdoc ICredits
    mapping(uint16 scope => uint256 purposes) public purposesOf;

    uint128 private _lastBatch;
    uint64 private _lastRetirement;

    /// @notice Opens an empty register.
    /// @param authority The AccessManager.
    constructor(address authority, IParties parties) ERC721("Tidemark Credits", "TIDE") Actors(authority, parties) {}

    // Modules

    /// @inheritdoc ICredits
    function issue(bytes32 report, uint64 project, Batch[] calldata vintages) external restricted {
        if (vintages.length == 0) revert PiecesMissing();
        uint128 batch = _lastBatch;
        for (uint256 i = 0; i < vintages.length; ++i) {
            uint256 kg = _allot(report, ++batch, vintages[i].allotments);
            if (kg > MOST_KG) revert KgNotPossible(batch, kg);
            _batches[batch] = kg << 192;
            (uint16 vintage, uint16 scope) = (vintages[i].vintage, vintages[i].scope);
            _origins[batch] = (uint256(project) << 192) | (uint256(vintage) << 176) | (uint256(scope) << 160);
            emit BatchOpened(batch, project, report, vintage, scope, uint64(kg));
        }
        _lastBatch = batch;
    }

    // Holders, and the keepers of locks

    /// @inheritdoc ICredits
    function split(Piece calldata piece) external restricted {
        (uint256 word, address holder) = _commanded(piece, _actor(), BlockWord.DEDICATED);
        if (piece.kg == word.kgOf()) revert KgAboveBlock(piece.id, piece.kg, word.kgOf() - 1);
        _change(piece, word, holder, word);
    }

    /// @inheritdoc ICredits
    function transfer(Piece[] calldata pieces, address to, bytes32 basis) external restricted {
        address account = _actor();
        _requireActive(to);
        _requirePieces(pieces);
        for (uint256 i = 0; i < pieces.length; ++i) {
            (uint256 word, address holder) = _commanded(pieces[i], account, 0);
            uint256 id = _change(pieces[i], word, to, word);
            if (id == pieces[i].id) _transfer(holder, to, id);
            emit Moved(id, holder, to, basis);
        }
    }

    /// @inheritdoc ICredits
    function retire(Piece[] calldata pieces, Claim calldata claim) external restricted {
        address account = _actor();
        _requirePieces(pieces);
        _requireClaim(claim);
        uint64 retirement = ++_lastRetirement;
        uint256[] memory ids = new uint256[](pieces.length);
        uint64[] memory kg = new uint64[](pieces.length);
        address holder = _ownerOf(pieces[0].id);
        for (uint256 i = 0; i < pieces.length; ++i) {
            Piece calldata piece = pieces[i];
            uint256 word = _claimable(piece, account, holder, claim.purpose);
            ids[i] = _end(piece, word, holder, BlockWord.RETIRED, retirement);
            kg[i] = piece.kg;
        }
        _certify(retirement, holder, claim, ids, kg);
    }

    /// @inheritdoc ICredits
    function cancel(Piece[] calldata pieces, bytes32 basis) external restricted {
        address account = _actor();
        _requirePieces(pieces);
        for (uint256 i = 0; i < pieces.length; ++i) {
            (uint256 word, address holder) = _commanded(pieces[i], account, 0);
            uint256 id = _end(pieces[i], word, holder, BlockWord.CANCELLED, 0);
            emit Cancelled(id, holder, basis);
        }
    }

    /// @inheritdoc ICredits
    function exportOut(Piece[] calldata pieces, bytes32 basis) external restricted {
        address account = _actor();
        _requirePieces(pieces);
        if (basis == 0) revert BasisMissing();
        for (uint256 i = 0; i < pieces.length; ++i) {
            (uint256 word, address holder) = _commanded(pieces[i], account, 0);
            uint256 locks = word.locksOf();
            if (locks & BlockWord.IN_TRANSIT == 0) revert BlockLocked(pieces[i].id, uint8(locks));
            uint256 id = _end(pieces[i], word, holder, BlockWord.EXPORTED, 0);
            emit Exported(id, holder, basis);
        }
    }

    /// @inheritdoc ICredits
    function changeLocks(Piece[] calldata pieces, uint8 set, uint8 cleared, bytes32 basis) external restricted {
        _requireSeen();
        uint256 changed = set | cleared;
        // what a block is dedicated to is said by `dedicate`
        bool possible = changed != 0 && changed & ~BlockWord.ALL_LOCKS == 0 && set & BlockWord.DEDICATED == 0;
        if (!possible || set & cleared != 0) revert LocksNotPossible(set, cleared);
        _lock(pieces, set, cleared, 0, basis);
    }

    /// @inheritdoc ICredits
    function dedicate(Piece[] calldata pieces, uint16 purpose, bytes32 basis) external restricted {
        _requireSeen();
        if (purpose == 0) revert PurposeNotInScope(0, 0);
        _lock(pieces, uint8(BlockWord.DEDICATED), 0, purpose, basis);
    }

    // The auditor

    /// @inheritdoc ICredits
    function annotate(uint64 retirement, bytes32 note) external restricted {
        address auditor = _caller();
        Retirement storage found = _retirements().byId[retirement];
        if (found.record == 0) revert RetirementUnknown(retirement);
        if (note == 0) revert BasisMissing();
        found.note = note;
        emit Noted(retirement, auditor, note);
    }

    // The administrator

    /// @inheritdoc ICredits
    function setPurposes(uint16 scope, uint256 purposes) external restricted {
        purposesOf[scope] = purposes;
        emit PurposesSet(scope, purposes);
    }

    // Anyone

    /// @inheritdoc ICredits
    function batches(uint128 batch) external view returns (uint256 word, uint256 origin) {
        return (_batches[batch], _origins[batch]);
    }

    /// @inheritdoc ICredits
    function retirements(uint64 retirement) external view returns (bytes32 record, bytes32 note) {
        Retirement storage found = _retirements().byId[retirement];
        return (found.record, found.note);
    }

    /// @inheritdoc ICredits
    function counts() external view returns (uint128 lastBatch, uint64 lastRetirement) {
        return (_lastBatch, _lastRetirement);
    }

    /// @dev Lays the blocks of a batch end to end, from serial 1.
    function _allot(bytes32 report, uint128 batch, Allotment[] calldata allotments) private returns (uint256 kg) {
        if (allotments.length == 0) revert PiecesMissing();
        for (uint256 i = 0; i < allotments.length; ++i) {
            Allotment calldata allotment = allotments[i];
            uint256 id = (uint256(batch) << 128) | (kg + 1);
            if (allotment.kg == 0) revert KgMissing(id);
            _requireActive(allotment.recipient);
            blocks[id] = BlockWord.live(allotment.kg);
            _mint(allotment.recipient, id);
            emit Issued(batch, report, allotment.recipient, id, allotment.kg);
            kg += allotment.kg;
        }
    }

    /// @dev The word of a piece that may be retired for this purpose, and is the holder's as all others.
    function _claimable(
        Piece calldata piece,
        address account,
        address holder,
        uint16 purpose
    ) private view returns (uint256 word) {
        uint256 ignored = blocks[piece.id].purposeOf() == purpose ? BlockWord.DEDICATED : 0;
        address found;
        (word, found) = _commanded(piece, account, ignored);
        if (found != holder) revert NotHolder(piece.id, holder, found);
        uint16 scope = uint16(_origins[uint128(piece.id >> 128)] >> 160);
        if (purpose > 255 || (purposesOf[scope] >> purpose) & 1 == 0) revert PurposeNotInScope(purpose, scope);
    }

    /// @dev Ends a piece and counts it in its batch.
    function _end(
        Piece calldata piece,
        uint256 word,
        address holder,
        uint256 disposition,
        uint256 retirement
    ) private returns (uint256 id) {
        uint128 batch = uint128(piece.id >> 128);
        // retired, cancelled, exported stand in this order below issued
        _batches[batch] += uint256(piece.kg) << (64 * (3 - disposition));
        id = _change(piece, word, holder, word.ended(disposition, retirement));
    }

    /// @dev Cuts a piece off where it is not whole, for this holder, and gives it a word of which only the kilograms may
    /// be wrong. Wallets take a new block for one that may move.
    function _change(Piece calldata piece, uint256 word, address holder, uint256 changed) private returns (uint256 id) {
        id = _cut(piece, word, holder);
        blocks[id] = changed.withKg(piece.kg);
        bool was = id == piece.id && word.isBound();
        bool bound = changed.isBound();
        if (bound && !was) emit Locked(id);
        if (was && !bound) emit Unlocked(id);
    }

    function _lock(Piece[] calldata pieces, uint8 set, uint8 cleared, uint16 purpose, bytes32 basis) private {
        if (basis == 0) revert BasisMissing();
        if (!_keeps(set | cleared)) revert NotKeeper(msg.sender, set | cleared);
        _requirePieces(pieces);
        for (uint256 i = 0; i < pieces.length; ++i) {
            Piece calldata piece = pieces[i];
            uint256 word = _livePiece(piece);
            uint256 locks = word.locksOf();
            // whoever may lock a whole block may not for that cut up what others have locked
            bool whole = piece.kg == word.kgOf();
            if (!whole && !_keeps(locks & ~BlockWord.DEDICATED)) revert BlockLocked(piece.id, uint8(locks));
            uint256 now_ = (locks | set) & ~uint256(cleared);
            uint256 dedicated =
                now_ & BlockWord.DEDICATED == 0
                    ? 0
                    : purpose == 0
                        ? word.purposeOf()
                        : purpose;
            uint256 id = _change(piece, word, _ownerOf(piece.id), word.locked(now_, dedicated));
            emit LocksChanged(id, set, cleared, basis);
            if (purpose != 0) emit Dedicated(id, purpose);
        }
    }

    function _certify(
        uint64 retirement,
        address holder,
        Claim calldata claim,
        uint256[] memory ids,
        uint64[] memory kg
    ) private {
        bytes32 record = keccak256(
            abi.encode(
                retirement,
                holder,
                claim.beneficiary,
                claim.purpose,
                claim.fromMonth,
                claim.toMonth,
                claim.country,
                claim.document,
                ids,
                kg,
                uint40(block.timestamp)
            )
        );
        _retirements().byId[retirement].record = record;
        emit Retired(
            retirement,
            holder,
            claim.beneficiary,
            ids,
            kg,
            claim.purpose,
            claim.fromMonth,
            claim.toMonth,
            claim.country,
            claim.document,
            record
        );
    }

    function _requirePieces(Piece[] calldata pieces) private pure {
        if (pieces.length == 0) revert PiecesMissing();
    }

    function _requireClaim(Claim calldata claim) private pure {
        if (claim.beneficiary == 0) revert BeneficiaryMissing();
        bool months = _isMonth(claim.fromMonth) && _isMonth(claim.toMonth) && claim.fromMonth <= claim.toMonth;
        if (!months) revert MonthsNotPossible(claim.fromMonth, claim.toMonth);
    }

    /// @dev `year * 100 + month`, of a year with four digits.
    function _isMonth(uint32 month) private pure returns (bool) {
        return month > 100_000 && month < 1_000_000 && month % 100 >= 1 && month % 100 <= 12;
    }

    function _retirements() private pure returns (Retirements storage $) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            $.slot := RETIREMENTS
        }
    }
}
