// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../profit/IPremiumPools.sol";

/// @title SumTree
/// @notice The Merkle sum tree of a division: every node carries the sum below it ({IPremiumPools} has its shape).
library SumTree {
    uint256 internal constant LEAF_BYTES = 28;
    uint256 internal constant CHUNK_LEAVES = 256;

    /// @notice How many chunks so many leaves fill.
    function chunksOf(uint256 leafCount) internal pure returns (uint256) {
        return (leafCount + CHUNK_LEAVES - 1) / CHUNK_LEAVES;
    }

    /// @notice Levels above the chunks: ⌈log2 chunks⌉.
    function depthOf(uint256 leafCount) internal pure returns (uint8 depth) {
        uint256 chunks = chunksOf(leafCount);
        while (uint256(1) << depth < chunks) ++depth;
    }

    /// @notice How many bytes the leaves of a chunk have.
    function bytesOf(uint256 leafCount, uint256 chunk) internal pure returns (uint256) {
        uint256 left = leafCount - chunk * CHUNK_LEAVES;
        return LEAF_BYTES * (left < CHUNK_LEAVES ? left : CHUNK_LEAVES);
    }

    /// @notice Hash of a chunk; bound to its pool, version and place.
    function chunkHash(
        uint256 pool,
        uint16 version,
        uint32 chunk,
        bytes calldata leaves
    ) internal pure returns (bytes32) {
        bytes32 inner = keccak256(abi.encodePacked(uint8(0), pool, version, chunk, leaves));
        return keccak256(bytes.concat(inner));
    }

    /// @notice Hash of a node above two others.
    function nodeHash(bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum) internal pure returns (bytes32) {
        return keccak256(abi.encode(left, leftSum, right, rightSum));
    }

    /// @notice What is stored of a tree.
    function rootHash(bytes32 top, uint256 total) internal pure returns (bytes32) {
        return keccak256(abi.encode(top, total));
    }

    /// @notice The top above a chunk and its siblings, and its sum. Sums that overflow revert.
    function topOf(
        bytes32 hash,
        uint256 sum,
        uint256 chunk,
        IPremiumPools.Sibling[] calldata siblings
    ) internal pure returns (bytes32, uint256) {
        for (uint256 i = 0; i < siblings.length; ++i) {
            IPremiumPools.Sibling calldata sibling = siblings[i];
            hash =
                (chunk >> i) & 1 == 0
                    ? nodeHash(hash, sum, sibling.hash, sibling.sumFen)
                    : nodeHash(sibling.hash, sibling.sumFen, hash, sum);
            sum += sibling.sumFen;
        }
        return (hash, sum);
    }
}
