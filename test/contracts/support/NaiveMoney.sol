// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {IMoney, MoneyWorld, accountAt, isRegistered} from "./MoneyWorld.sol";
import {NaiveSumTree} from "./NaiveSumTree.sol";
import {VM} from "./Vm.sol";

/// @notice What must become of money, kept naively. A call is booked when it was meant to succeed, and only then.
abstract contract NaiveMoney {
    /// @dev `seed` and `first` say which accounts are paid how much; the last one has what is left of the total.
    struct NaivePool {
        uint64 totalFen;
        uint64 payoutsFen;
        uint64 heldFen;
        uint32 leafCount;
        uint16 version;
        uint40 opensAt;
        uint256 seed;
        uint256 first;
        uint256 chunksPaid;
        bytes32 root;
    }

    struct Held {
        uint256 pool;
        address account;
    }

    uint256 private constant MOST_OF_A_LEAF = 1_000;

    MoneyWorld public immutable WORLD = new MoneyWorld();
    IMoney internal immutable TOKEN = WORLD.TOKEN();
    IPremiumPools internal immutable POOLS = WORLD.POOLS();

    uint256 public depositedFen;
    uint256 public withdrawnFen;
    uint40 public delay;
    /// @dev The time, which the runner would set back with every call.
    uint40 internal _now = 1_760_000_000;
    mapping(address account => uint256 fen) public balances;
    mapping(uint256 pool => mapping(address account => uint256 fen)) public held;
    /// @notice What was ever held aside, of which some is released by now.
    Held[] public heldAside;

    NaivePool[] internal _pools;
    mapping(uint256 pool => mapping(uint256 chunk => bool)) internal _paid;
    mapping(address account => bool) internal _suspended;

    /// @notice How many pools there are; their ids count from 1.
    function poolCount() external view returns (uint256) {
        return _pools.length;
    }

    /// @notice How many entries {heldAside} has.
    function heldCount() external view returns (uint256) {
        return heldAside.length;
    }

    /// @notice What must be true of a pool.
    function poolOf(uint256 pool) external view returns (NaivePool memory) {
        return _pools[pool - 1];
    }

    /// @notice Whether a chunk of the pool's present version was paid.
    function isPaid(uint256 pool, uint256 chunk) external view returns (bool) {
        return _paid[pool][chunk];
    }

    /// @dev The division of a pool that a seed stands for.
    function _treeOf(uint256 pool) internal view returns (NaiveSumTree.Tree memory tree) {
        NaivePool storage p = _pools[pool - 1];
        tree.pool = pool;
        tree.version = p.version;
        tree.leaves = new NaiveSumTree.Leaf[](p.leafCount);
        uint256 left = p.totalFen;
        for (uint256 i = 0; i < p.leafCount; ++i) {
            bool last = i + 1 == p.leafCount;
            uint256 fen = last ? left : 1 + (uint256(keccak256(abi.encode(p.seed, i))) % MOST_OF_A_LEAF);
            tree.leaves[i] = NaiveSumTree.Leaf(accountAt(p.first + i), uint64(fen));
            left -= fen;
        }
    }

    /// @dev Enough for so many leaves, whatever their seed.
    function _totalFor(uint256 leafCount, uint256 drawn) internal pure returns (uint64) {
        return uint64(leafCount * MOST_OF_A_LEAF + (drawn % 1_000_000));
    }

    function _waitUntil(uint40 time) internal {
        if (time > _now) _now = time;
        VM.warp(_now);
    }

    function _bookPublished(uint256 pool, NaiveSumTree.Tree memory tree) internal {
        NaivePool storage p = _pools[pool - 1];
        p.root = NaiveSumTree.rootOf(tree);
        p.opensAt = _now + delay;
    }

    function _bookChunk(NaiveSumTree.Tree memory tree, uint256 chunk) internal {
        NaivePool storage p = _pools[tree.pool - 1];
        _paid[tree.pool][chunk] = true;
        ++p.chunksPaid;
        for (uint256 i = chunk * 256; i < tree.leaves.length && i < chunk * 256 + 256; ++i) {
            (address account, uint64 fen) = (tree.leaves[i].account, tree.leaves[i].amountFen);
            if (isRegistered(p.first + i) && !_suspended[account]) {
                p.payoutsFen += fen;
                balances[account] += fen;
            } else {
                p.heldFen += fen;
                held[tree.pool][account] += fen;
                heldAside.push(Held(tree.pool, account));
            }
        }
    }

    function _bookReleased(uint256 pool, address account, address to) internal {
        uint256 fen = held[pool][account];
        held[pool][account] = 0;
        _pools[pool - 1].heldFen -= uint64(fen);
        _pools[pool - 1].payoutsFen += uint64(fen);
        balances[to] += fen;
    }
}
