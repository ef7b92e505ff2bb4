// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotLedger} from "../traceability/ILotLedger.sol";

/// @title CollectHash: EIP-712 struct hashes of a collect, straight from calldata.
/// @dev The only assembly of ours. A plain version stands beside it in the tests, which check that the two agree. It
/// writes beyond the free memory pointer without moving it, so that a batch of acts does not pay for growing memory.
library CollectHash {
    /// @dev The Collect type's own encoding is the tail of the receipt's.
    bytes32 internal constant COLLECT_TYPE = keccak256(
        "Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );
    bytes32 internal constant RECEIPT_TYPE = keccak256(
        "CollectReceipt(Collect collect,bytes giverSignature)Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );

    /// @notice hashStruct of the Collect that an act carries.
    function ofCollect(ILotLedger.CollectAct calldata act) internal pure returns (bytes32 hash) {
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
            hash := keccak256(free, 0x120)
        }
    }

    /// @notice hashStruct of the CollectReceipt over a Collect and the giver's signature that an act carries.
    /// @param collectHash {ofCollect} of the same act.
    function ofReceipt(ILotLedger.CollectAct calldata act, bytes32 collectHash) internal pure returns (bytes32 hash) {
        bytes32 typeHash = RECEIPT_TYPE;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, add(act, 0xa0), 0x40) // giverR, giverVs
            mstore(add(free, 0x40), keccak256(free, 0x40))
            mstore(free, typeHash)
            mstore(add(free, 0x20), collectHash)
            hash := keccak256(free, 0x60)
        }
    }
}
