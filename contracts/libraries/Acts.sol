// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../traceability/ILotActs.sol";
import {ILotEvents} from "../traceability/ILotEvents.sol";

/// @title Acts
/// @notice The work that a batch does once for every act: hashing it, recovering its signers, asking who they are.
/// @dev All assembly of ours. A plain version of each function stands in the tests, which check that the two agree. It
/// uses scratch space and the memory beyond the free memory pointer, so that a batch does not pay for growing memory.
library Acts {
    /* solhint-disable no-inline-assembly */

    /// @notice The signatures of an act that two sign, the second over the receipt.
    struct SignaturePair {
        bytes32 giverR;
        bytes32 giverVs;
        bytes32 receiverR;
        bytes32 receiverVs;
    }

    bytes32 private constant COLLECT_TYPE = keccak256(
        "Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );
    bytes32 private constant HANDOFF_TYPE = keccak256(
        "Handoff(bytes32 lot,address from,address to,uint48 declaredGrams,uint48 acceptedGrams,uint24 seq,uint8 bailment,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );

    /// @notice The EIP-712 digest of a collect and the hash of its struct, from calldata alone.
    /// @param domain The domain separator.
    function hashCollect(
        ILotActs.CollectAct calldata act,
        bytes32 domain
    ) internal pure returns (bytes32 digest, bytes32 structHash) {
        bytes32 typeHash = COLLECT_TYPE;
        assembly ("memory-safe") {
            let giverTerms := calldataload(act)
            let keeperTerms := calldataload(add(act, 0x20))
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), and(shr(80, keeperTerms), 0xffff)) // class
            mstore(add(free, 0x40), and(shr(48, giverTerms), 0xffffffffffff)) // grams
            mstore(add(free, 0x60), shr(96, giverTerms)) // collector
            mstore(add(free, 0x80), shr(96, keeperTerms)) // keeper
            mstore(add(free, 0xa0), and(shr(8, giverTerms), 0xffffffffff)) // capturedAt
            calldatacopy(add(free, 0xc0), add(act, 0x40), 0x60) // anchor, evidence, salt
            structHash := keccak256(free, 0x120)
            mstore(0, 0x1901)
            mstore(0x20, domain)
            mstore(0x40, structHash)
            digest := keccak256(0x1e, 0x42)
            mstore(0x40, free)
        }
    }

    /// @notice The EIP-712 digest of a handoff and the hash of its struct, from calldata alone.
    /// @param domain The domain separator.
    function hashHandoff(
        ILotActs.HandoffAct calldata act,
        bytes32 domain
    ) internal pure returns (bytes32 digest, bytes32 structHash) {
        bytes32 typeHash = HANDOFF_TYPE;
        assembly ("memory-safe") {
            let terms := calldataload(add(act, 0x20))
            let when := calldataload(add(act, 0x40))
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), calldataload(act)) // lot
            mstore(add(free, 0x40), shr(96, when)) // from
            mstore(add(free, 0x60), shr(96, terms)) // to
            mstore(add(free, 0x80), and(shr(48, terms), 0xffffffffffff)) // declaredGrams
            mstore(add(free, 0xa0), and(terms, 0xffffffffffff)) // acceptedGrams
            mstore(add(free, 0xc0), and(shr(72, when), 0xffffff)) // seq
            mstore(add(free, 0xe0), and(shr(24, when), 0xff)) // bailment
            mstore(add(free, 0x100), and(shr(32, when), 0xffffffffff)) // capturedAt
            calldatacopy(add(free, 0x120), add(act, 0x60), 0x40) // anchor, evidence
            structHash := keccak256(free, 0x160)
            mstore(0, 0x1901)
            mstore(0x20, domain)
            mstore(0x40, structHash)
            digest := keccak256(0x1e, 0x42)
            mstore(0x40, free)
        }
    }

    /// @notice The EIP-712 digest of a struct in a domain.
    function typed(bytes32 domain, bytes32 structHash) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0, 0x1901)
            mstore(0x20, domain)
            mstore(0x40, structHash)
            digest := keccak256(0x1e, 0x42)
            mstore(0x40, free)
        }
    }

    /// @notice The EIP-712 digest of a receipt: the struct it names, and the giver's signature over that.
    /// @param signatureHash keccak256 of the giver's signature.
    function hashReceipt(
        bytes32 receiptType,
        bytes32 structHash,
        bytes32 signatureHash,
        bytes32 domain
    ) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, receiptType)
            mstore(add(free, 0x20), structHash)
            mstore(add(free, 0x40), signatureHash)
            let receiptHash := keccak256(free, 0x60)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), receiptHash)
            digest := keccak256(free, 0x42)
        }
    }

    /// @notice A batch of one act.
    function alone(ILotActs.CollectAct calldata act) internal pure returns (ILotActs.CollectAct[] calldata acts) {
        assembly ("memory-safe") {
            acts.offset := act
            acts.length := 1
        }
    }

    /// @notice As {alone}.
    function alone(ILotActs.HandoffAct calldata act) internal pure returns (ILotActs.HandoffAct[] calldata acts) {
        assembly ("memory-safe") {
            acts.offset := act
            acts.length := 1
        }
    }

    /// @notice The i-th of a batch of acts. Warning: does not check that there are so many.
    function nth(
        ILotActs.CollectAct[] calldata acts,
        uint256 i
    ) internal pure returns (ILotActs.CollectAct calldata act) {
        assembly ("memory-safe") {
            act := add(acts.offset, mul(i, 0x120))
        }
    }

    /// @notice The i-th of a batch of acts. Warning: does not check that there are so many.
    function nth(
        ILotActs.HandoffAct[] calldata acts,
        uint256 i
    ) internal pure returns (ILotActs.HandoffAct calldata act) {
        assembly ("memory-safe") {
            act := add(acts.offset, mul(i, 0x120))
        }
    }

    /// @notice Who gives and who receives in a handoff, and whether a lot with this word has been acted upon since.
    function partiesOf(
        ILotActs.HandoffAct calldata act,
        uint256 word
    ) internal pure returns (uint256 from, uint256 to, bool overtaken) {
        assembly ("memory-safe") {
            let when := calldataload(add(act, 0x40))
            from := shr(96, when)
            to := shr(96, calldataload(add(act, 0x20)))
            overtaken := lt(and(shr(72, when), 0xffffff), and(shr(24, word), 0xffffff))
        }
    }

    /// @notice When a handoff was captured, and its grams: declared, accepted.
    function termsOf(
        ILotActs.HandoffAct calldata act
    ) internal pure returns (uint256 capturedAt, uint256 declared, uint256 accepted) {
        assembly ("memory-safe") {
            let terms := calldataload(add(act, 0x20))
            capturedAt := and(shr(32, calldataload(add(act, 0x40))), 0xffffffffff)
            declared := and(shr(48, terms), 0xffffffffffff)
            accepted := and(terms, 0xffffffffffff)
        }
    }

    /// @notice Whether a lot's word is the one that a handoff was made for (open, of that custodian, mass and seq, which is
    /// not the last) and both who signed it did so within the dates of their credentials.
    /// @dev A key that does not sign for its account has no dates, so no time is before its end.
    function stands(
        ILotActs.HandoffAct calldata act,
        uint256 word,
        uint256 giver,
        uint256 receiver
    ) internal pure returns (bool yes) {
        assembly ("memory-safe") {
            let when := calldataload(add(act, 0x40))
            let seq := and(shr(48, when), 0xffffff000000)
            let expected := shl(96, shr(96, when)) // custodian
            expected := or(expected, and(calldataload(add(act, 0x20)), 0xffffffffffff000000000000)) // mass
            expected := or(expected, seq)
            let time := and(shr(32, when), 0xffffffffff)
            yes := lt(time, and(giver, 0xffffffffff))
            yes := and(yes, lt(time, and(receiver, 0xffffffffff)))
            yes := gt(
                yes,
                or(lt(time, and(shr(40, giver), 0xffffffffff)), lt(time, and(shr(40, receiver), 0xffffffffff)))
            )
            // all but class and flags
            yes := and(yes, iszero(and(xor(word, expected), not(0xffff0f))))
            yes := and(yes, lt(seq, 0xffffff000000))
        }
    }

    /// @notice Emits {ILotEvents-HandedOver} for an act.
    /// @param flags `reasons 4 | lot flags 4`
    function emitHandedOver(ILotActs.HandoffAct calldata act, bytes32 digest, uint256 flags) internal {
        bytes32 selector = ILotEvents.HandedOver.selector;
        assembly ("memory-safe") {
            let terms := calldataload(add(act, 0x20))
            let when := calldataload(add(act, 0x40))
            let free := mload(0x40)
            mstore(free, digest)
            // declared and accepted; seq and capturedAt, side by side in both words; flags; bailment
            let told := or(shl(160, terms), shl(96, and(shr(32, when), 0xffffffffffffffff)))
            mstore(add(free, 0x20), or(told, or(shl(88, flags), shl(56, and(when, 0xff000000)))))
            calldatacopy(add(free, 0x40), add(act, 0x60), 0x40) // anchor, evidence
            log4(free, 0x80, selector, calldataload(act), shr(96, when), shr(96, terms))
        }
    }

    /// @notice The four words of the signatures of a collect or a handoff, where they stand in calldata.
    function signaturesOf(ILotActs.CollectAct calldata act) internal pure returns (SignaturePair calldata pair) {
        assembly ("memory-safe") {
            pair := add(act, 0xa0)
        }
    }

    /// @notice As {signaturesOf}.
    function signaturesOf(ILotActs.HandoffAct calldata act) internal pure returns (SignaturePair calldata pair) {
        assembly ("memory-safe") {
            pair := add(act, 0xa0)
        }
    }

    /// @notice Sets an element of an array. Warning: does not check that it is that long.
    function set(bytes32[] memory array, uint256 i, bytes32 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(array, 0x20), shl(5, i)), value)
        }
    }
}
