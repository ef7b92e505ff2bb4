// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {NaiveSumTree} from "../support/NaiveSumTree.sol";

/// @notice Gives the library the calldata that it reads.
contract SumTreeCaller {
    function topOf(
        NaiveSumTree.Tree calldata tree,
        uint32 chunk,
        bytes calldata leaves,
        uint256 sum,
        IPremiumPools.Sibling[] calldata siblings
    ) external pure returns (bytes32 hash, uint256 total) {
        hash = SumTree.chunkHash(tree.pool, tree.version, chunk, leaves);
        return SumTree.topOf(hash, sum, chunk, siblings);
    }
}

/// @notice The tree against one that is computed from the top down.
contract SumTreeTest {
    SumTreeCaller private _caller;

    function setUp() external {
        _caller = new SumTreeCaller();
    }

    function testFuzz_shape_isWhatTheLeavesFill(uint32 leafCount) external pure {
        uint256 chunks = SumTree.chunksOf(leafCount);
        assert(chunks * 256 >= leafCount && (chunks == 0 || (chunks - 1) * 256 < leafCount));
        assert(SumTree.depthOf(leafCount) == NaiveSumTree.depthFor(leafCount));
        if (chunks == 0) return;
        assert(SumTree.bytesOf(leafCount, chunks - 1) == 28 * (leafCount - (chunks - 1) * 256));
        if (chunks > 1) assert(SumTree.bytesOf(leafCount, chunks - 2) == 28 * 256);
    }

    /// hardhat-config: fuzz.runs = 200
    function testFuzz_chunk_leadsToTheRootOfItsTree(uint256 pool, uint16 version, uint256 seed) external view {
        NaiveSumTree.Tree memory tree = NaiveSumTree.Tree(pool, version, _leaves(seed));
        uint32 chunk = uint32(seed % SumTree.chunksOf(tree.leaves.length));
        (bytes32 top, uint256 total) = _climb(tree, chunk, NaiveSumTree.siblingsFor(tree, chunk));
        assert(total == _sum(tree.leaves, 0, tree.leaves.length));
        assert(SumTree.rootHash(top, total) == NaiveSumTree.rootOf(tree));
    }

    /// hardhat-config: fuzz.runs = 200
    function testFuzz_chunk_leadsNowhereElse(uint16 version, uint256 seed) external view {
        NaiveSumTree.Tree memory tree = NaiveSumTree.Tree(1, version, _leaves(seed));
        uint256 chunks = SumTree.chunksOf(tree.leaves.length);
        uint32 chunk = uint32(seed % chunks);
        IPremiumPools.Sibling[] memory siblings = NaiveSumTree.siblingsFor(tree, chunk);
        bytes32 root = NaiveSumTree.rootOf(tree);
        uint256 kind = (seed >> 32) % 6;
        if (kind == 0) tree.pool = 2;
        else if (kind == 1) tree.version ^= 1;
        else if (kind == 2) tree.leaves[chunk * 256].amountFen ^= 1;
        else if (kind == 3) chunk ^= uint32(1 << ((seed >> 64) % 32));
        else if (siblings.length == 0) return;
        else if (kind == 4) siblings[(seed >> 64) % siblings.length].sumFen ^= 1;
        else siblings[(seed >> 64) % siblings.length].hash ^= bytes32(uint256(1));
        uint256 place = seed % chunks;
        bytes memory leaves = NaiveSumTree.packed(tree.leaves, place);
        uint256 sum = _sum(tree.leaves, place * 256, place * 256 + 256);
        (bytes32 top, uint256 total) = _caller.topOf(_bare(tree), chunk, leaves, sum, siblings);
        assert(SumTree.rootHash(top, total) != root);
    }

    function testFuzz_sums_thatOverflowRevert(uint256 sum, uint256 sibling) external view {
        IPremiumPools.Sibling[] memory siblings = new IPremiumPools.Sibling[](1);
        siblings[0].sumFen = sibling;
        NaiveSumTree.Tree memory tree = NaiveSumTree.Tree(1, 1, new NaiveSumTree.Leaf[](0));
        bool fits = sum <= type(uint256).max - sibling;
        try _caller.topOf(tree, 0, "", sum, siblings) returns (bytes32, uint256 total) {
            assert(fits && total == sum + sibling);
        } catch {
            assert(!fits);
        }
    }

    function _climb(
        NaiveSumTree.Tree memory tree,
        uint32 chunk,
        IPremiumPools.Sibling[] memory siblings
    ) private view returns (bytes32, uint256) {
        bytes memory leaves = NaiveSumTree.packed(tree.leaves, chunk);
        uint256 sum = _sum(tree.leaves, uint256(chunk) * 256, uint256(chunk) * 256 + 256);
        return _caller.topOf(_bare(tree), chunk, leaves, sum, siblings);
    }

    /// @dev A tree's name without its leaves, which need not travel.
    function _bare(NaiveSumTree.Tree memory tree) private pure returns (NaiveSumTree.Tree memory) {
        return NaiveSumTree.Tree(tree.pool, tree.version, new NaiveSumTree.Leaf[](0));
    }

    /// @dev From one leaf to five chunks; every other time as many as fill some just so, or by one more or less.
    function _leaves(uint256 seed) private pure returns (NaiveSumTree.Leaf[] memory leaves) {
        uint256 drawn = uint256(keccak256(abi.encode(seed)));
        uint256 count = 1 + (drawn % 1_280);
        if (seed % 2 == 0) count = 256 * (1 + (drawn % 4)) + ((drawn >> 8) % 3) - 1;
        leaves = new NaiveSumTree.Leaf[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(drawn, i)));
            leaves[i] = NaiveSumTree.Leaf(address(uint160(word)), uint64(word >> 192));
        }
    }

    function _sum(NaiveSumTree.Leaf[] memory leaves, uint256 from, uint256 until) private pure returns (uint256 sum) {
        for (uint256 i = from; i < until && i < leaves.length; ++i) sum += leaves[i].amountFen;
    }
}
