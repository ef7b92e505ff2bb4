// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title LotWord
/// @notice The word in which a lot lives:
/// `custodian 160 | massGrams 48 | seq 24 | class 16 | disposition 4 | flags 4`, from the highest bit down.
library LotWord {
    uint256 internal constant CUSTODIAN = uint256(type(uint160).max) << 96;
    uint256 internal constant GRAMS = type(uint48).max;
    uint256 internal constant SEQ = type(uint24).max;

    uint256 internal constant OPEN = 0;
    uint256 internal constant CONSUMED = 1;
    uint256 internal constant VOID = 2;

    uint256 internal constant CONTESTED = 1;
    uint256 internal constant QUARANTINED = 2;
    uint256 internal constant BAILED = 4;
    uint256 internal constant REVIEW = 8;

    /// @dev Everything but disposition and flags.
    uint256 private constant TERMS = ~uint256(0xff);

    /// @notice An open lot; every argument must fit its field.
    function open(
        uint256 custodian,
        uint256 grams,
        uint256 seq,
        uint256 class,
        uint256 flags
    ) internal pure returns (uint256 word) {
        return (custodian << 96) | (grams << 48) | (seq << 24) | (class << 8) | flags;
    }

    /// @notice The lot after an act that leaves it so many grams and these flags; none left: consumed.
    function afterAct(uint256 word, uint256 grams, uint256 flags) internal pure returns (uint256) {
        uint256 ended = grams == 0 ? CONSUMED << 4 : OPEN;
        return open(word >> 96, grams, seqOf(word) + 1, classOf(word), ended | flags);
    }

    /// @notice The lot in other custody, after an act that leaves it so many grams.
    /// @param ending Disposition and flags.
    function handedOver(
        uint256 word,
        uint256 custodian,
        uint256 grams,
        uint256 ending
    ) internal pure returns (uint256) {
        unchecked {
            // the last seq has no successor, so adding one stays in its field
            return (custodian << 96) | (grams << 48) | ((word & 0xffffffffff00) + (1 << 24)) | ending;
        }
    }

    /// @notice The lot with other flags.
    function withFlags(uint256 word, uint256 flags) internal pure returns (uint256) {
        return (word & ~uint256(0xf)) | flags;
    }

    /// @notice The lot without grams and void; an auditor's ruling is no act and leaves seq as it is.
    function voided(uint256 word) internal pure returns (uint256) {
        return ((word & ~(GRAMS << 48)) & ~uint256(0xf0)) | (VOID << 4);
    }

    function custodianOf(uint256 word) internal pure returns (address) {
        return address(uint160(word >> 96));
    }

    function gramsOf(uint256 word) internal pure returns (uint256) {
        return (word >> 48) & GRAMS;
    }

    function seqOf(uint256 word) internal pure returns (uint256) {
        return (word >> 24) & SEQ;
    }

    function classOf(uint256 word) internal pure returns (uint256) {
        return (word >> 8) & type(uint16).max;
    }

    function dispositionOf(uint256 word) internal pure returns (uint256) {
        return (word >> 4) & 0xf;
    }

    function flagsOf(uint256 word) internal pure returns (uint256) {
        return word & 0xf;
    }
}
