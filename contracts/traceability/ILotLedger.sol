// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotEvents} from "./ILotEvents.sol";

/// @title ILotLedger
/// @notice The lots of recovered waste, from the first weighing to the last claim. Acts are EIP-712 messages signed by
/// people's keys; anyone may carry them here. What cannot be true is skipped, with a reason; what is wrong in the
/// paperwork is recorded, flagged for review. Nothing is deleted.
/// @dev Invariant T1: grams collected = grams in open lots + grams concluded; of one act, grams in = grams out + loss.
/// Invariant T2: a lot has one custodian and never gives more than it has.
///
/// Packed words list their fields from the highest bit down; bits that are not listed are the lowest and are zero.
///
/// lot: `custodian 160 | massGrams 48 | seq 24 | class 16 | disposition 4 | flags 4`
///
/// - seq: how many acts there were on the lot; each names the one it was made for, so it can be recorded once.
/// - class: `licence kind 6 | material 10`; kind 0 needs no licence.
/// - disposition: 0 open, 1 consumed, 2 void.
/// - flags: 1 contested, 2 quarantined, 4 bailed, 8 review.
///
/// Every function that records acts skips a bad one, with an event that says why, and never stops the others. Each has
/// a check, which reverts with the reason for which the act would be skipped now.
///
/// Warning: `anchor` is signed and told, but cannot be checked here; whoever reads an act judges its age by it.
interface ILotLedger is ILotEvents {
    /// @notice Thrown when too little gas is left to ask a contract for its signature: the carrier's fault, not the act's.
    error GasTooLow(uint256 needed, uint256 left);

    /// @notice Thrown when an auditor's decision has no basis.
    error BasisMissing(bytes32 lot);

    /// @notice Thrown when an auditor would change flags that follow from acts alone, or the same flag both ways.
    error FlagsNotRulable(bytes32 lot, uint8 set, uint8 cleared);

    /// @notice Thrown when a decision was carried in the authority's name, which would hide who made it.
    error ActorHidden();

    /// @notice Records collects.
    function recordCollects(CollectAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Records handoffs, in their order.
    function recordHandoffs(HandoffAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Records splits, in their order.
    function recordSplits(SplitAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Records transforms, in their order.
    function recordTransforms(TransformAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Records conclusions, in their order.
    function recordConcludes(ConcludeAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Records passings of title, in their order.
    function recordPassTitles(PassTitleAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice Rules on flags of a lot that exists: contested, quarantined, review. Nothing else of the lot changes.
    /// @param basis Hash of the reasoned decision.
    function ruleOnFlags(bytes32 lot, uint8 set, uint8 cleared, bytes32 basis) external;

    /// @notice Declares an open lot void: its grams leave the ledger.
    /// @param basis Hash of the reasoned decision.
    function voidLot(bytes32 lot, bytes32 basis) external;

    /// @notice The lot's word; zero when there is no such lot.
    function lots(bytes32 lot) external view returns (uint256 word);

    /// @notice Who has title to a lot: its custodian, unless the lot is bailed. Zero when there is no such lot.
    function ownerOf(bytes32 lot) external view returns (address owner);

    /// @notice Grams that ever became lots by a collect, and grams that left the ledger.
    function totals() external view returns (uint128 collected, uint128 concluded);

    /// @notice The EIP-712 domain separator of all acts:
    /// `{name: "Tidemark", version: "1", chainId, verifyingContract: the AccessManager}`.
    function domainSeparator() external view returns (bytes32 separator);

    /// @notice The id of the lot that is the index-th child of a split or output of a transform:
    /// keccak256(abi.encode(digest, uint256(index))).
    function childId(bytes32 digest, uint256 index) external pure returns (bytes32 lot);

    /// @notice Reverts with the reason for which a collect would be skipped now.
    function checkCollect(CollectAct calldata act, bytes[] calldata proofs) external view;

    /// @notice Reverts with the reason for which a handoff would be skipped now.
    function checkHandoff(HandoffAct calldata act, bytes[] calldata proofs) external view;

    /// @notice Reverts with the reason for which a split would be skipped now.
    function checkSplit(SplitAct calldata act, bytes[] calldata proofs) external view;

    /// @notice Reverts with the reason for which a transform would be skipped now.
    function checkTransform(TransformAct calldata act, bytes[] calldata proofs) external view;

    /// @notice Reverts with the reason for which a conclusion would be skipped now.
    function checkConclude(ConcludeAct calldata act, bytes[] calldata proofs) external view;

    /// @notice Reverts with the reason for which a passing of title would be skipped now.
    function checkPassTitle(PassTitleAct calldata act, bytes[] calldata proofs) external view;
}
