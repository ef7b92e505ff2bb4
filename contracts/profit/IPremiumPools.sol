// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IPremiumPools
/// @notice Money for the people of a lot, a batch or a project, divided by a rule that anyone can recompute, and paid in
/// chunks that anyone may push. Amounts in fen; pools count from 1.
/// @dev The tree: a leaf is `account 160 | amountFen 64`, 28 bytes; a chunk is 256 of them, the last may be shorter, with
/// the accounts ascending. chunk = keccak256(bytes.concat(keccak256(abi.encodePacked(uint8 0, uint256 pool, uint16 version,
/// uint32 index, leaves)))), node = keccak256(abi.encode(bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum)),
/// depth = ⌈log2 ⌈leafCount / 256⌉⌉, padded on the right with (0, 0); root = keccak256(abi.encode(top, total)).
interface IPremiumPools {
    /// @notice A pool as it stands.
    /// @param totalFen What it was funded with.
    /// @param paidFen What chunks have paid, with what is held aside.
    /// @param state 1 funded, 2 published, 3 closed.
    /// @param opensAt When payouts may begin, in seconds since 1970.
    struct Pool {
        uint64 totalFen;
        uint64 paidFen;
        uint32 leafCount;
        uint8 depth;
        uint8 state;
        uint40 opensAt;
        uint16 version;
    }

    /// @notice What stands beside a node on its way to the top.
    struct Sibling {
        bytes32 hash;
        uint256 sumFen;
    }

    /// @notice A pool was funded.
    /// @param subject What it is for: the id, or keccak256(abi.encode(subjects)) of several.
    /// @param kind 1 lots, 2 a batch, 3 a project.
    /// @param source Where the money comes from, a code of the vocabulary.
    /// @param ruleset Digest of the document by which it is divided.
    event Funded(
        uint256 indexed pool,
        bytes32 indexed subject,
        address indexed payer,
        uint8 kind,
        uint16 source,
        uint64 amountFen,
        bytes32 ruleset,
        bytes32[] subjects
    );

    /// @notice A division was published; it may be disputed, and replaced, until it opens.
    /// @param inputs Digest of the document that it was computed from.
    event RootPublished(
        uint256 indexed pool,
        uint16 version,
        bytes32 root,
        uint32 leafCount,
        bytes32 inputs,
        uint40 opensAt
    );

    /// @notice A chunk was paid, or held aside.
    event ChunkPaid(uint256 indexed pool, uint32 indexed chunk, uint64 sum);

    /// @notice An account that is not active could not be paid; the money waits for it.
    event HeldAside(uint256 indexed pool, address indexed account, uint64 amountFen);

    /// @notice Money that was held aside was paid.
    /// @param to The account itself, unless an auditor decided otherwise.
    /// @param basis Zero, or the auditor's decision.
    event Released(uint256 indexed pool, address indexed account, address indexed to, uint64 amountFen, bytes32 basis);

    /// @notice All of a pool is paid or held aside.
    event Closed(uint256 indexed pool);

    /// @notice Divisions wait so long before they open.
    event DelaySet(uint40 seconds_);

    /// @notice Thrown when a pool has no subject, more than 4,096, several of a kind that has one, or no such kind.
    error SubjectNotPossible(uint8 kind, uint256 subjects);

    /// @notice Thrown when subjects do not ascend.
    error SubjectsNotAscending(bytes32 subject);

    /// @notice Thrown when a pool has no ruleset.
    error RulesetMissing();

    /// @notice Thrown when a pool is funded with nothing.
    error AmountMissing();

    /// @notice Thrown when a pool is not in a state for this: unknown (0), funded, published, closed.
    error PoolNotReady(uint256 pool, uint8 state);

    /// @notice Thrown when a division is to be replaced that has opened, or from which somebody was paid.
    error PoolOpen(uint256 pool, uint40 opensAt);

    /// @notice Thrown when payouts may not begin yet.
    error PoolNotOpen(uint256 pool, uint40 opensAt);

    /// @notice Thrown when a division has no leaves, or what is given of its top has another length.
    error TopNotPossible(uint32 leafCount, uint256 length);

    /// @notice Thrown when a division's sum is not what the pool was funded with.
    error SumNotFund(uint256 pool, uint256 sumFen, uint64 totalFen);

    /// @notice Thrown when a division names no inputs.
    error InputsMissing();

    /// @notice Thrown when there is no chunk with this index.
    error ChunkUnknown(uint256 pool, uint32 chunk);

    /// @notice Thrown when a chunk was paid before.
    error ChunkDone(uint256 pool, uint32 chunk);

    /// @notice Thrown when a chunk's leaves, or its siblings, are not as many as they must be.
    error ChunkLength(uint256 pool, uint32 chunk, uint256 bytes_, uint256 siblings);

    /// @notice Thrown when the accounts of a chunk do not ascend.
    error LeavesNotAscending(uint256 pool, address account);

    /// @notice Thrown when a chunk is not part of the pool's division.
    error ChunkForeign(uint256 pool, uint32 chunk);

    /// @notice Thrown when nothing is held aside for the account.
    error NothingHeld(uint256 pool, address account);

    /// @notice Thrown when an auditor gives money elsewhere and does not say why.
    error BasisMissing();

    /// @notice Thrown when divisions should wait longer than 60 days.
    error DelayNotPossible(uint40 seconds_);

    /// @notice Opens a pool with money of the sender's account.
    /// @param subjects Lots, ascending; or one batch or project.
    function fund(
        uint8 kind,
        bytes32[] calldata subjects,
        uint16 source,
        uint64 amountFen,
        bytes32 ruleset
    ) external returns (uint256 pool);

    /// @notice Publishes a division; its sum must be what the pool was funded with. A new version may replace it until it
    /// opens, and the delay begins again.
    /// @param top abi.encode of the top node's two children, hash and sum each; of a single chunk its leaves.
    function publishRoot(uint256 pool, uint32 leafCount, bytes32 inputs, bytes calldata top) external;

    /// @notice Pays a chunk. Anyone may push it; accounts that are not active are held aside.
    /// @param siblings From the chunk up.
    function payChunk(uint256 pool, uint32 chunk, bytes calldata leaves, Sibling[] calldata siblings) external;

    /// @notice Pays what is held aside for an account that is active now. Anyone may push it.
    function release(uint256 pool, address account) external;

    /// @notice Gives what is held aside for an account to another, its heir or its right number.
    function reassign(uint256 pool, address account, address to, bytes32 basis) external;

    /// @notice Sets how long divisions wait before they open, from the next one on.
    function setDelay(uint40 seconds_) external;

    /// @notice A pool as it stands; all zero when there is none.
    function poolOf(uint256 pool) external view returns (Pool memory);

    /// @notice The root of a version of a pool's division.
    function rootOf(uint256 pool, uint16 version) external view returns (bytes32 root);

    /// @notice Whether a chunk of the pool's present version was paid.
    function isPaid(uint256 pool, uint32 chunk) external view returns (bool);

    /// @notice What is held aside for an account, in fen.
    function heldOf(uint256 pool, address account) external view returns (uint64 amountFen);

    /// @notice How long divisions wait before they open, in seconds, and how many pools there are.
    function settings() external view returns (uint40 delay, uint256 pools);
}
