// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actors} from "../access/Actors.sol";
import {IParties} from "../access/IParties.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {IPremiumPools} from "./IPremiumPools.sol";
import {ISettlementToken} from "./ISettlementToken.sol";

/// @title PremiumPools
/// @notice Pools of money, and their payout in verified chunks.
contract PremiumPools is IPremiumPools, Actors {
    uint8 private constant FUNDED = 1;
    uint8 private constant PUBLISHED = 2;
    uint8 private constant CLOSED = 3;

    uint8 private constant LOTS = 1;
    uint8 private constant PROJECT = 3;
    uint256 private constant MOST_SUBJECTS = 4_096;
    uint40 private constant MOST_DELAY = 60 days;

    ISettlementToken private immutable TOKEN;

    mapping(uint256 id => Pool) private _pools;
    mapping(uint256 pool => mapping(uint16 version => bytes32 root)) private _roots;
    mapping(uint256 pool => mapping(uint16 version => mapping(uint256 word => uint256 bits))) private _done;
    mapping(uint256 pool => mapping(address account => uint64 amountFen)) private _held;
    uint40 private _delay;
    uint64 private _lastPool;

    /// @notice Opens without pools, and without a delay.
    /// @param authority The AccessManager.
    /// @param token What pools hold.
    constructor(address authority, IParties parties, ISettlementToken token) Actors(authority, parties) {
        TOKEN = token;
    }

    // Payers

    /// @inheritdoc IPremiumPools
    function fund(
        uint8 kind,
        bytes32[] calldata subjects,
        uint16 source,
        uint64 amountFen,
        bytes32 ruleset
    ) external restricted returns (uint256 pool) {
        address payer = _actor();
        if (amountFen == 0) revert AmountMissing();
        if (ruleset == 0) revert RulesetMissing();
        bytes32 subject = _subjectOf(kind, subjects);
        pool = ++_lastPool;
        _pools[pool].totalFen = amountFen;
        _pools[pool].state = FUNDED;
        emit Funded(pool, subject, payer, kind, source, amountFen, ruleset, subjects);
        TOKEN.collect(payer, amountFen);
    }

    // The allocator

    /// @inheritdoc IPremiumPools
    function publishRoot(uint256 pool, uint32 leafCount, bytes32 inputs, bytes calldata top) external restricted {
        Pool memory p = _pools[pool];
        if (p.state != FUNDED && p.state != PUBLISHED) revert PoolNotReady(pool, p.state);
        // nobody is paid before it opens
        if (p.state == PUBLISHED && block.timestamp >= p.opensAt) revert PoolOpen(pool, p.opensAt);
        if (inputs == 0) revert InputsMissing();
        ++p.version;
        p.state = PUBLISHED;
        p.leafCount = leafCount;
        p.depth = SumTree.depthOf(leafCount);
        p.opensAt = uint40(block.timestamp) + _delay;
        (bytes32 hash, uint256 sum) = _topOf(pool, p, top);
        if (sum != p.totalFen) revert SumNotFund(pool, sum, p.totalFen);
        bytes32 root = SumTree.rootHash(hash, sum);
        _roots[pool][p.version] = root;
        _pools[pool] = p;
        emit RootPublished(pool, p.version, root, leafCount, inputs, p.opensAt);
    }

    // The auditor

    /// @inheritdoc IPremiumPools
    function reassign(uint256 pool, address account, address to, bytes32 basis) external restricted {
        _caller();
        if (basis == 0) revert BasisMissing();
        _release(pool, account, to, basis);
    }

    // The administrator

    /// @inheritdoc IPremiumPools
    function setDelay(uint40 seconds_) external restricted {
        if (seconds_ > MOST_DELAY) revert DelayNotPossible(seconds_);
        _delay = seconds_;
        emit DelaySet(seconds_);
    }

    // Anyone

    /// @inheritdoc IPremiumPools
    function payChunk(
        uint256 pool,
        uint32 chunk,
        bytes calldata leaves,
        Sibling[] calldata siblings
    ) external restricted {
        Pool memory p = _pools[pool];
        if (p.state != PUBLISHED) revert PoolNotReady(pool, p.state);
        if (block.timestamp < p.opensAt) revert PoolNotOpen(pool, p.opensAt);
        // an index below this has no bits above the tree's depth
        if (chunk >= SumTree.chunksOf(p.leafCount)) revert ChunkUnknown(pool, chunk);
        _setDone(pool, p.version, chunk);
        if (leaves.length != SumTree.bytesOf(p.leafCount, chunk) || siblings.length != p.depth) {
            revert ChunkLength(pool, chunk, leaves.length, siblings.length);
        }
        (address[] memory accounts, uint256[] memory amounts, uint256 sum) = _read(pool, leaves);
        bytes32 hash = SumTree.chunkHash(pool, p.version, chunk, leaves);
        (bytes32 top, uint256 total) = SumTree.topOf(hash, sum, chunk, siblings);
        // the root holds the total, which was the fund when it was published
        if (SumTree.rootHash(top, total) != _roots[pool][p.version]) revert ChunkForeign(pool, chunk);
        // no sum below a total is above it
        _pay(pool, p, uint64(sum));
        emit ChunkPaid(pool, chunk, uint64(sum));
        _holdAside(pool, accounts, amounts, TOKEN.distribute(accounts, amounts));
    }

    /// @inheritdoc IPremiumPools
    function release(uint256 pool, address account) external restricted {
        _release(pool, account, account, 0);
    }

    /// @inheritdoc IPremiumPools
    function poolOf(uint256 pool) external view returns (Pool memory) {
        return _pools[pool];
    }

    /// @inheritdoc IPremiumPools
    function rootOf(uint256 pool, uint16 version) external view returns (bytes32 root) {
        return _roots[pool][version];
    }

    /// @inheritdoc IPremiumPools
    function isPaid(uint256 pool, uint32 chunk) external view returns (bool) {
        return (_done[pool][_pools[pool].version][chunk >> 8] >> (chunk & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IPremiumPools
    function heldOf(uint256 pool, address account) external view returns (uint64 amountFen) {
        return _held[pool][account];
    }

    /// @inheritdoc IPremiumPools
    function settings() external view returns (uint40 delay, uint256 pools) {
        return (_delay, _lastPool);
    }

    /// @dev Counts a chunk's sum; the last one closes the pool.
    function _pay(uint256 pool, Pool memory p, uint64 sum) private {
        p.paidFen += sum;
        if (p.paidFen == p.totalFen) {
            p.state = CLOSED;
            emit Closed(pool);
        }
        _pools[pool] = p;
    }

    function _setDone(uint256 pool, uint16 version, uint32 chunk) private {
        mapping(uint256 word => uint256 bits) storage done = _done[pool][version];
        uint256 bit = 1 << (chunk & 0xff);
        uint256 bits = done[chunk >> 8];
        if (bits & bit != 0) revert ChunkDone(pool, chunk);
        done[chunk >> 8] = bits | bit;
    }

    function _holdAside(uint256 pool, address[] memory accounts, uint256[] memory amounts, uint256 passedOver) private {
        for (uint256 i = 0; passedOver >> i != 0; ++i) {
            if ((passedOver >> i) & 1 == 0) continue;
            uint64 amountFen = uint64(amounts[i]);
            _held[pool][accounts[i]] += amountFen;
            emit HeldAside(pool, accounts[i], amountFen);
        }
    }

    function _release(uint256 pool, address account, address to, bytes32 basis) private {
        uint64 amountFen = _held[pool][account];
        if (amountFen == 0) revert NothingHeld(pool, account);
        delete _held[pool][account];
        (address[] memory accounts, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        (accounts[0], amounts[0]) = (to, amountFen);
        if (TOKEN.distribute(accounts, amounts) != 0) revert AccountNotActive(to);
        emit Released(pool, account, to, amountFen, basis);
    }

    /// @dev The top of a division that is published, and its sum.
    function _topOf(uint256 pool, Pool memory p, bytes calldata top) private pure returns (bytes32, uint256) {
        if (p.leafCount == 0) revert TopNotPossible(p.leafCount, top.length);
        if (p.depth == 0) {
            if (top.length != SumTree.bytesOf(p.leafCount, 0)) revert TopNotPossible(p.leafCount, top.length);
            (, , uint256 single) = _read(pool, top);
            return (SumTree.chunkHash(pool, p.version, 0, top), single);
        }
        if (top.length != 128) revert TopNotPossible(p.leafCount, top.length);
        (bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum) = abi.decode(
            top,
            (bytes32, uint256, bytes32, uint256)
        );
        return (SumTree.nodeHash(left, leftSum, right, rightSum), leftSum + rightSum);
    }

    /// @dev The leaves of a chunk, whose length has been checked: at most 256, so their sum fits.
    function _read(
        uint256 pool,
        bytes calldata leaves
    ) private pure returns (address[] memory accounts, uint256[] memory amounts, uint256 sum) {
        uint256 count = leaves.length / SumTree.LEAF_BYTES;
        (accounts, amounts) = (new address[](count), new uint256[](count));
        uint256 last = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 leaf;
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                // 32 bytes from the leaf on; past the last leaf there may be others', shifted out
                leaf := shr(32, calldataload(add(leaves.offset, mul(i, 28))))
            }
            uint256 account = leaf >> 64;
            if (i != 0 && account <= last) revert LeavesNotAscending(pool, address(uint160(account)));
            last = account;
            accounts[i] = address(uint160(account));
            amounts[i] = uint64(leaf);
            sum += uint64(leaf);
        }
    }

    function _subjectOf(uint8 kind, bytes32[] calldata subjects) private pure returns (bytes32) {
        uint256 most = kind == LOTS ? MOST_SUBJECTS : 1;
        bool possible = kind >= LOTS && kind <= PROJECT && subjects.length != 0 && subjects.length <= most;
        if (!possible) revert SubjectNotPossible(kind, subjects.length);
        for (uint256 i = 1; i < subjects.length; ++i) {
            if (subjects[i] <= subjects[i - 1]) revert SubjectsNotAscending(subjects[i]);
        }
        return subjects.length == 1 ? subjects[0] : keccak256(abi.encode(subjects));
    }
}
