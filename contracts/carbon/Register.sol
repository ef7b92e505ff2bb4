// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Actors} from "../access/Actors.sol";
import {BlockWord} from "../libraries/BlockWord.sol";
import {ICredits} from "./ICredits.sol";

/// @title Register
/// @notice Blocks as tokens: who holds them, who may command them, how they are split. What wallets read of them.
abstract contract Register is ICredits, ERC721, Actors {
    using BlockWord for uint256;

    /// @dev ERC-5192.
    bytes4 private constant SOULBOUND = 0xb45a3c0e;

    /// @dev Role of the keeper of lock 0; the others follow.
    uint64 private constant FIRST_LOCK_ROLE = 16;

    /// @inheritdoc ICredits
    mapping(uint256 id => uint256 word) public blocks;

    /// @notice ERC-5192: a block may not move.
    event Locked(uint256 tokenId);

    /// @notice ERC-5192: a block may move again.
    event Unlocked(uint256 tokenId);

    // Nobody: there are no approvals under which a block could be split, and commands name kilograms

    /// @notice Always reverts.
    function approve(address, uint256) public pure override {
        revert NotTransferable();
    }

    /// @notice Always reverts.
    function setApprovalForAll(address, bool) public pure override {
        revert NotTransferable();
    }

    /// @notice Always reverts.
    function transferFrom(address, address, uint256) public pure override {
        revert NotTransferable();
    }

    /// @notice Always reverts.
    function safeTransferFrom(address, address, uint256, bytes memory) public pure override {
        revert NotTransferable();
    }

    // Anyone

    /// @notice ERC-5192: whether the block may not move: it has ended, or is locked.
    function locked(uint256 tokenId) external view returns (bool) {
        uint256 word = blocks[tokenId];
        if (word == 0) revert ERC721NonexistentToken(tokenId);
        return word.isBound();
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override(ERC721) returns (bool) {
        return interfaceId == SOULBOUND || super.supportsInterface(interfaceId);
    }

    /// @notice The id of a piece as a block of its own: cut off the tail where it is not the whole block. The word of what was
    /// cut off is the caller's to write.
    /// @param to Who is to hold what is cut off.
    function _cut(Piece calldata piece, uint256 word, address to) internal returns (uint256 id) {
        uint256 has = word.kgOf();
        if (piece.kg == has) return piece.id;
        uint256 head = has - piece.kg;
        blocks[piece.id] = word.withKg(head);
        // serials of a batch stay within its 128 bits: a batch has less than 2^64
        id = piece.id + head;
        _mint(to, id);
        emit Split(piece.id, id, piece.kg);
    }

    /// @notice The word and holder of a piece's block, if the sender may command it.
    /// @param account Who the sender acts for.
    /// @param ignored Locks that do not bar this command.
    function _commanded(
        Piece calldata piece,
        address account,
        uint256 ignored
    ) internal view returns (uint256 word, address holder) {
        word = _livePiece(piece);
        holder = _ownerOf(piece.id);
        uint256 locks = word.locksOf() & ~ignored;
        if (locks == 0) {
            if (holder != account) revert NotHolder(piece.id, account, holder);
        } else if (!_keeps(locks)) {
            revert BlockLocked(piece.id, uint8(word.locksOf()));
        }
    }

    /// @dev The word of a live block that has so many kilograms.
    function _livePiece(Piece calldata piece) internal view returns (uint256 word) {
        word = blocks[piece.id];
        if (word.dispositionOf() != BlockWord.LIVE) revert BlockNotLive(piece.id, uint8(word.dispositionOf()));
        if (piece.kg == 0) revert KgMissing(piece.id);
        if (piece.kg > word.kgOf()) revert KgAboveBlock(piece.id, piece.kg, word.kgOf());
    }

    /// @dev Whether the sender is the keeper of all these locks.
    function _keeps(uint256 locks) internal view returns (bool) {
        for (uint64 bit = 0; locks >> bit != 0; ++bit) {
            if ((locks >> bit) & 1 == 0) continue;
            if (!_hasRole(FIRST_LOCK_ROLE + bit, msg.sender)) return false;
        }
        return true;
    }
}
