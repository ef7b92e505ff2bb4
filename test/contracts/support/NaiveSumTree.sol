// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";

/// @notice Sum trees once more, from the top down and with none of the contracts' code.
library NaiveSumTree {
    struct Leaf {
        address account;
        uint64 amountFen;
    }

    struct Tree {
        uint256 pool;
        uint16 version;
        Leaf[] leaves;
    }

    /// @notice The least depth whose chunks hold so many leaves.
    function depthFor(uint256 count) internal pure returns (uint256 depth) {
        for (uint256 room = 256; room < count; room *= 2) ++depth;
    }

    /// @notice The leaves of a chunk as they travel.
    function packed(Leaf[] memory leaves, uint256 chunk) internal pure returns (bytes memory out) {
        uint256 from = chunk * 256;
        uint256 count = leaves.length - from < 256 ? leaves.length - from : 256;
        // each leaf is written over the last four bytes of the word before
        out = new bytes(count * 28 + 4);
        for (uint256 i = 0; i < count; ++i) {
            Leaf memory leaf = leaves[from + i];
            bytes32 word = bytes28(bytes.concat(bytes20(leaf.account), bytes8(leaf.amountFen)));
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                mstore(add(add(out, 32), mul(i, 28)), word)
            }
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(out, mul(count, 28))
        }
    }

    /// @notice The node at a height above the chunks, counted from the left.
    function nodeAt(
        Tree memory tree,
        uint256 height,
        uint256 place
    ) internal pure returns (IPremiumPools.Sibling memory node) {
        if (height > 0) {
            IPremiumPools.Sibling memory left = nodeAt(tree, height - 1, 2 * place);
            IPremiumPools.Sibling memory right = nodeAt(tree, height - 1, 2 * place + 1);
            node.hash = keccak256(abi.encode(left.hash, left.sumFen, right.hash, right.sumFen));
            node.sumFen = left.sumFen + right.sumFen;
        } else if (place * 256 < tree.leaves.length) {
            bytes memory head = abi.encodePacked(bytes1(0), tree.pool, tree.version, uint32(place));
            bytes32 inner = keccak256(bytes.concat(head, packed(tree.leaves, place)));
            node.hash = keccak256(abi.encode(inner));
            for (uint256 i = place * 256; i < tree.leaves.length && i < place * 256 + 256; ++i) {
                node.sumFen += tree.leaves[i].amountFen;
            }
        }
    }

    /// @notice What stands beside a chunk, from the bottom up.
    function siblingsFor(
        Tree memory tree,
        uint256 chunk
    ) internal pure returns (IPremiumPools.Sibling[] memory siblings) {
        siblings = new IPremiumPools.Sibling[](depthFor(tree.leaves.length));
        for (uint256 i = 0; i < siblings.length; ++i) {
            uint256 place = chunk / 2 ** i;
            siblings[i] = nodeAt(tree, i, place % 2 == 0 ? place + 1 : place - 1);
        }
    }

    /// @notice What publishing supplies: the top's children, or the leaves of the only chunk.
    function topOf(Tree memory tree) internal pure returns (bytes memory) {
        uint256 depth = depthFor(tree.leaves.length);
        if (depth == 0) return packed(tree.leaves, 0);
        return abi.encode(nodeAt(tree, depth - 1, 0), nodeAt(tree, depth - 1, 1));
    }

    /// @notice The root as it is stored.
    function rootOf(Tree memory tree) internal pure returns (bytes32) {
        return keccak256(abi.encode(nodeAt(tree, depthFor(tree.leaves.length), 0)));
    }
}
