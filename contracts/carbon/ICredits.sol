// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ICredits
/// @notice The register of credits, 1 kg CO2e each. A batch is one issuance of one vintage; a block is a contiguous range
/// of its serials, and a token: `tokenId = batch << 128 | firstSerial`. Serials, batches and retirements count from 1.
/// @dev Packed words list their fields from the highest bit down; bits that are not listed are the lowest and are zero.
///
/// block: `kg 64 | disposition 8 | locks 8 | retirement 64 | purpose 16 | spare 96`
///
/// - disposition: 0 live, 1 retired, 2 cancelled, 3 exported. A block of 0 kg does not exist.
/// - locks, from the lowest bit: Listed, Pledged, InTransit, Frozen, CourtHold, Dedicated. Each belongs to the holders of
///   one role, 16 + its bit, and bars the block from moving, splitting, retiring, being cancelled or exported, but by them.
///   Dedicated bars moves and other ends than the retirement for `purpose`.
///
/// batch: `issued 64 | retired 64 | cancelled 64 | exported 64`, in kg; origin: `project 64 | vintage 16 | scope 16 |
/// deficitKg 64 | spare 96`.
///
/// A register, not a market: every ERC-721 function that approves or moves reverts. Reads and ERC-5192 answer.
interface ICredits {
    /// @notice Who receives how much of a batch, in one block.
    struct Allotment {
        address recipient;
        uint64 kg;
    }

    /// @notice One vintage of an issuance.
    /// @param vintage The year in which the carbon was bound.
    /// @param scope What may be claimed with it, a code of the vocabulary.
    struct Batch {
        uint16 vintage;
        uint16 scope;
        Allotment[] allotments;
    }

    /// @notice So many kg of a block, off its tail.
    struct Piece {
        uint256 id;
        uint64 kg;
    }

    /// @notice What is claimed with credits that are retired.
    /// @param beneficiary Salted hash of who it is claimed for.
    /// @param purpose What it is claimed for, a code of the vocabulary that goes with the batch's scope.
    /// @param fromMonth First month of the claim's period, as `year * 100 + month`; `toMonth` the last.
    /// @param country ISO 3166-1 numeric.
    /// @param document Digest of the document it rests on, or zero.
    struct Claim {
        bytes32 beneficiary;
        uint16 purpose;
        uint32 fromMonth;
        uint32 toMonth;
        uint16 country;
        bytes32 document;
    }

    /// @notice A batch begins.
    event BatchOpened(
        uint128 indexed batch,
        uint64 indexed project,
        bytes32 indexed report,
        uint16 vintage,
        uint16 scope,
        uint64 kg
    );

    /// @notice A block was issued.
    event Issued(uint128 indexed batch, bytes32 indexed report, address indexed recipient, uint256 id, uint64 kg);

    /// @notice The tail of a block became a block of its own, with the same locks.
    event Split(uint256 indexed id, uint256 indexed child, uint64 kg);

    /// @notice A block has another holder.
    event Moved(uint256 indexed id, address indexed from, address indexed to, bytes32 basis);

    /// @notice Locks of a block were set or cleared.
    event LocksChanged(uint256 indexed id, uint8 set, uint8 cleared, bytes32 basis);

    /// @notice A block may be retired for one purpose only; LocksChanged tells the lock.
    event Dedicated(uint256 indexed id, uint16 purpose);

    /// @notice Blocks were retired, for one claim.
    /// @param record What the certificate proves: keccak256(abi.encode(retirement, holder, beneficiary, purpose, fromMonth,
    /// toMonth, country, document, ids, kg, time)), with the block's time as uint40.
    event Retired(
        uint64 indexed retirement,
        address indexed holder,
        bytes32 indexed beneficiary,
        uint256[] ids,
        uint64[] kg,
        uint16 purpose,
        uint32 fromMonth,
        uint32 toMonth,
        uint16 country,
        bytes32 document,
        bytes32 record
    );

    /// @notice A certificate is superseded, or commented upon, by a document. It stays what it is.
    event Noted(uint64 indexed retirement, address indexed auditor, bytes32 note);

    /// @notice A block was cancelled by its holder: nobody claims it, ever.
    event Cancelled(uint256 indexed id, address indexed holder, bytes32 basis);

    /// @notice A block left for another registry.
    event Exported(uint256 indexed id, address indexed holder, bytes32 basis);

    /// @notice Which purposes go with a claim scope: bit p for purpose p.
    event PurposesSet(uint16 indexed scope, uint256 purposes);

    /// @notice Thrown by every ERC-721 function that approves or moves: commands here name kilograms.
    error NotTransferable();

    /// @notice Thrown when a command names no blocks, or an issuance no batches or allotments.
    error PiecesMissing();

    /// @notice Thrown when a piece, allotment or split has no kilograms.
    error KgMissing(uint256 id);

    /// @notice Thrown when a batch would have more than 2^63 − 1 kg.
    error KgNotPossible(uint128 batch, uint256 kg);

    /// @notice Thrown when more is asked of a block than it has; one that does not exist has none.
    error KgAboveBlock(uint256 id, uint64 kg, uint64 has);

    /// @notice Thrown when the block was retired, cancelled or exported.
    error BlockNotLive(uint256 id, uint8 disposition);

    /// @notice Thrown when locks bar the command, and the sender is not the keeper of all of them.
    error BlockLocked(uint256 id, uint8 locks);

    /// @notice Thrown when an account commands a block that another holds.
    error NotHolder(uint256 id, address account, address holder);

    /// @notice Thrown when blocks of a batch of this scope may not be retired for this purpose.
    error PurposeNotInScope(uint16 purpose, uint16 scope);

    /// @notice Thrown when the period of a claim ends before it begins, or names no months.
    error MonthsNotPossible(uint32 fromMonth, uint32 toMonth);

    /// @notice Thrown when a claim names nobody.
    error BeneficiaryMissing();

    /// @notice Thrown when a lock does not exist, or is both set and cleared.
    error LocksNotPossible(uint8 set, uint8 cleared);

    /// @notice Thrown when the sender is not the keeper of a lock.
    error NotKeeper(address key, uint8 locks);

    /// @notice Thrown when a command that needs a decision to rest on names none.
    error BasisMissing();

    /// @notice Thrown when there is no such retirement.
    error RetirementUnknown(uint64 retirement);

    /// @notice Issues batches for a report. Who issues has seen to it that they may be.
    function issue(bytes32 report, uint64 project, Batch[] calldata vintages) external;

    /// @notice Makes the tail of a block a block of its own.
    function split(Piece calldata piece) external;

    /// @notice Gives pieces to a registered party. The holder may, or the keeper of all locks of a block.
    function transfer(Piece[] calldata pieces, address to, bytes32 basis) external;

    /// @notice Retires pieces that one account holds: they become its certificate.
    function retire(Piece[] calldata pieces, Claim calldata claim) external;

    /// @notice Ends pieces without a claim.
    function cancel(Piece[] calldata pieces, bytes32 basis) external;

    /// @notice Ends pieces that another registry takes over: blocks that are InTransit, by that lock's keeper.
    /// @param basis Digest of the other registry's receipt.
    function exportOut(Piece[] calldata pieces, bytes32 basis) external;

    /// @notice Sets and clears locks of pieces, in the roles that keep them.
    function changeLocks(Piece[] calldata pieces, uint8 set, uint8 cleared, bytes32 basis) external;

    /// @notice Sets the lock Dedicated on pieces: they may be retired for this purpose only.
    function dedicate(Piece[] calldata pieces, uint16 purpose, bytes32 basis) external;

    /// @notice Points from a certificate to what supersedes it.
    /// @param note Digest of the document; the last one counts, and is proved with the record.
    function annotate(uint64 retirement, bytes32 note) external;

    /// @notice Sets which purposes go with a claim scope.
    function setPurposes(uint16 scope, uint256 purposes) external;

    /// @notice The word of a block; zero when it does not exist.
    function blocks(uint256 id) external view returns (uint256 word);

    /// @notice The word of a batch, and where it comes from; zero when it does not exist.
    function batches(uint128 batch) external view returns (uint256 word, uint256 origin);

    /// @notice What stands for a retirement; zero when there is none.
    function retirements(uint64 retirement) external view returns (bytes32 record, bytes32 note);

    /// @notice Which purposes go with a claim scope: bit p for purpose p.
    function purposesOf(uint16 scope) external view returns (uint256 purposes);

    /// @notice Batches and retirements so far.
    function counts() external view returns (uint128 lastBatch, uint64 lastRetirement);
}
