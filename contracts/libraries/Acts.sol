// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../access/IParties.sol";
import {ILotActs} from "../traceability/ILotActs.sol";

/// @title Acts
/// @notice The work that a batch does once for every act: hashing it, recovering its signers, asking who they are.
/// @dev All assembly of ours. A plain version of each function stands in the tests, which check that the two agree. It
/// uses scratch space and the memory beyond the free memory pointer, so that a batch does not pay for growing memory.
library Acts {
    /* solhint-disable no-inline-assembly */

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
        }
        digest = typed(domain, structHash);
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
        }
        digest = typed(domain, structHash);
    }

    /// @notice The EIP-712 digest of a receipt: the struct it names, and the giver's signature over that.
    /// @param signatureHash keccak256 of the giver's signature.
    function hashReceipt(
        bytes32 receiptType,
        bytes32 structHash,
        bytes32 signatureHash,
        bytes32 domain
    ) internal pure returns (bytes32 digest) {
        bytes32 receiptHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, receiptType)
            mstore(add(free, 0x20), structHash)
            mstore(add(free, 0x40), signatureHash)
            receiptHash := keccak256(free, 0x60)
        }
        return typed(domain, receiptHash);
    }

    /// @notice The EIP-712 digest of a struct in a domain.
    function typed(bytes32 domain, bytes32 structHash) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), structHash)
            digest := keccak256(free, 0x42)
        }
    }

    /// @notice The secp256k1 key that made a compact signature (EIP-2098), left-padded; zero for one that is malformed or
    /// has a high s.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (bytes32 key) {
        assembly ("memory-safe") {
            let s := shr(1, shl(1, vs))
            // not above half of the order of the curve
            if lt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1) {
                let free := mload(0x40)
                mstore(free, digest)
                mstore(add(free, 0x20), add(shr(255, vs), 27))
                mstore(add(free, 0x40), r)
                mstore(add(free, 0x60), s)
                mstore(0, 0) // stays zero when the precompile returns nothing
                pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
                key := mload(0)
            }
        }
    }

    /// @notice Whether a contract answers a call with exactly this word first, within so much gas. What else it returns is
    /// not read, so that it cannot make the caller pay for memory.
    function answers(address target, uint256 gasLimit, bytes memory data, bytes32 word) internal view returns (bool yes) {
        assembly ("memory-safe") {
            mstore(0, 0)
            let ok := staticcall(gasLimit, target, add(data, 0x20), mload(data), 0, 0x20)
            yes := and(and(ok, gt(returndatasize(), 0x1f)), eq(mload(0), word))
        }
    }

    /// @notice Begins a call of {IParties-credentials} for so many signatories; {ask} ends it.
    /// @dev In memory: the number of words that follow, then the call's arguments as they will travel.
    function inquiry(uint256 count) internal pure returns (bytes32[] memory query) {
        query = new bytes32[](2 + 2 * count);
        query[0] = bytes32(uint256(0x20));
        query[1] = bytes32(count);
    }

    /// @notice Sets the signatories 2i and 2i + 1 of an inquiry: those of the i-th act.
    /// @dev Warning: does not check that the inquiry is that long.
    function put(
        bytes32[] memory query,
        uint256 i,
        uint256 giver,
        bytes32 giverKey,
        uint256 receiver,
        bytes32 receiverKey
    ) internal pure {
        assembly ("memory-safe") {
            let pair := add(add(query, 0x60), shl(7, i))
            mstore(pair, giver)
            mstore(add(pair, 0x20), giverKey)
            mstore(add(pair, 0x40), receiver)
            mstore(add(pair, 0x60), receiverKey)
        }
    }

    /// @notice The register's answer to an inquiry, two words for each act. Reverts as the register does.
    function ask(IParties parties, bytes32[] memory query) internal view returns (uint256[] memory words) {
        bytes4 selector = IParties.credentials.selector;
        assembly ("memory-safe") {
            // the selector goes where the query's length stands, for as long as the call takes
            let length := mload(query)
            mstore(query, shr(224, selector))
            let ok := staticcall(gas(), parties, add(query, 0x1c), add(shl(5, length), 0x04), 0, 0)
            mstore(query, length)
            words := mload(0x40)
            if iszero(ok) {
                returndatacopy(words, 0, returndatasize())
                revert(words, returndatasize())
            }
            let size := sub(returndatasize(), 0x20)
            returndatacopy(words, 0x20, size)
            mstore(0x40, add(words, size))
        }
    }
}
