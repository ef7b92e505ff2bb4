// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BlockWord
/// @notice The word of a block: `kg 64 | disposition 8 | locks 8 | retirement 64 | purpose 16 | spare 96`.
library BlockWord {
    uint256 internal constant LIVE = 0;
    uint256 internal constant RETIRED = 1;
    uint256 internal constant CANCELLED = 2;
    uint256 internal constant EXPORTED = 3;

    uint256 internal constant IN_TRANSIT = 1 << 2;
    uint256 internal constant DEDICATED = 1 << 5;
    /// @dev Listed, Pledged, InTransit, Frozen, CourtHold, Dedicated.
    uint256 internal constant ALL_LOCKS = (1 << 6) - 1;

    function kgOf(uint256 word) internal pure returns (uint64) {
        return uint64(word >> 192);
    }

    function dispositionOf(uint256 word) internal pure returns (uint256) {
        return uint8(word >> 184);
    }

    function locksOf(uint256 word) internal pure returns (uint256) {
        return uint8(word >> 176);
    }

    /// @notice What it is dedicated to, or zero.
    function purposeOf(uint256 word) internal pure returns (uint256) {
        return uint16(word >> 96);
    }

    /// @notice Whether it has ended, or is locked.
    function isBound(uint256 word) internal pure returns (bool) {
        return uint16(word >> 176) != 0;
    }

    /// @notice A live block without locks.
    function live(uint256 kg) internal pure returns (uint256) {
        return kg << 192;
    }

    function withKg(uint256 word, uint256 kg) internal pure returns (uint256) {
        return (word & (type(uint256).max >> 64)) | (kg << 192);
    }

    /// @notice Ended, with its locks as they were. `retirement` is zero but for the retired.
    function ended(uint256 word, uint256 disposition, uint256 retirement) internal pure returns (uint256) {
        return word | (disposition << 184) | (retirement << 112);
    }

    /// @notice With these locks; what is not dedicated has no purpose.
    function locked(uint256 word, uint256 locks, uint256 purpose) internal pure returns (uint256) {
        uint256 cleared = word & ~((uint256(0xff) << 176) | (uint256(0xffff) << 96));
        return cleared | (locks << 176) | (purpose << 96);
    }
}
