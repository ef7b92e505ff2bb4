// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ILotLedger
/// @notice The lots of recovered waste, from the first weighing to the last claim. Acts are EIP-712 messages signed by people's keys; anyone may carry them here. What cannot be true is
/// skipped, with a reason; what is wrong in the paperwork is recorded, flagged for review. Nothing is deleted.
/// @dev Invariant T1: grams collected = grams in open lots + grams concluded.
///
/// Packed words list their fields from the highest bit down; bits that are not listed are the lowest and are zero.
///
/// lot: `custodian 160 | massGrams 48 | seq 24 | class 16 | disposition 4 | flags 4`
///
/// - class: `licence kind 6 | material 10`; kind 0 needs no licence.
/// - disposition: 0 open, 1 consumed, 2 void.
/// - flags: 1 contested, 2 quarantined, 4 bailed, 8 review.
///
/// The domain of every act is `{name: "Tidemark", version: "1", chainId, verifyingContract: the AccessManager}`.
///
/// Warning: `anchor` is signed and told, but cannot be checked here; whoever reads an act judges its age by it.
interface ILotLedger {
    /// @notice A collect with both signatures, as it travels:
    /// `Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32
    /// evidence,bytes32 salt)`, signed by the collector, and `CollectReceipt(Collect collect,bytes giverSignature)`,
    /// signed by the keeper over the collector's 64-byte signature. A lot's id is the digest of its Collect.
    /// @param giverTerms `collector 160 | grams 48 | capturedAt 40 | spare 8`
    /// @param keeperTerms `keeper 160 | class 16 | spare 80`
    /// @param anchor Hash of the last block the signers had seen.
    /// @param evidence Root of the salted Merkle tree of what was recorded beside the weight.
    /// @param salt Makes two equal collects two acts.
    /// @param giverR The collector's signature, r.
    /// @param giverVs Its compact second half: the parity of y in the highest bit, then s, which must be low.
    /// @param receiverR The keeper's signature, r.
    /// @param receiverVs Its compact second half.
    struct CollectAct {
        uint256 giverTerms;
        uint256 keeperTerms;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 salt;
        bytes32 giverR;
        bytes32 giverVs;
        bytes32 receiverR;
        bytes32 receiverVs;
    }

    /// @notice Waste was handed over for the first time and became a lot in the keeper's custody.
    /// @param lot The lot's id, which is the act's digest.
    /// @param terms `grams 48 | capturedAt 40 | flags 8`; flags: `reasons 4 | lot flags 4`, reasons: 1 an account is not
    /// active, 2 the keeper lacks the licence at that time, 4 captured in the future, 8 recorded more than 7 days after
    /// the end of a key that signed. Any reason sets the lot's review flag.
    event Collected(
        bytes32 indexed lot,
        address indexed collector,
        address indexed keeper,
        uint16 class,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice An act was not recorded; nothing else changed.
    /// @dev Anyone can carry a good act with a spoiled signature: a skip speaks for the transaction it stands in, and
    /// never undoes an act that was recorded.
    /// @param reason Selector of the error that {checkCollect} reverts with.
    event Skipped(bytes32 indexed lot, bytes32 indexed digest, bytes4 reason);

    /// @notice The reason to skip an act whose lot already exists: it was recorded before.
    error LotExists(bytes32 lot);

    /// @notice The reason to skip an act without mass.
    error GramsMissing(bytes32 lot);

    /// @notice The reason to skip an act that names an account which is not registered.
    error AccountNotRegistered(address account);

    /// @notice The reason to skip an act whose signature is malformed (recovered is then zero), or is by a key that does
    /// not sign for the account.
    error SignatureNotValid(address account, address recovered);

    /// @notice The reason to skip an act that was captured outside the time in which its key is valid.
    error KeyNotValid(address account, address key, uint40 from, uint40 until, uint40 capturedAt);

    /// @notice Records collects. A bad act is skipped, with an event that says why, and never stops the others.
    /// @param proofs Reserved for signatures that are not secp256k1; not read.
    function recordCollects(CollectAct[] calldata acts, bytes[] calldata proofs) external;

    /// @notice The lot's word; zero when there is no such lot.
    function lots(bytes32 lot) external view returns (uint256 word);

    /// @notice Grams that ever became lots, and grams that left the ledger.
    function totals() external view returns (uint128 collected, uint128 concluded);

    /// @notice The EIP-712 domain separator of all acts.
    function domainSeparator() external view returns (bytes32 separator);

    /// @notice The EIP-712 digest of the Collect, which is also the id of its lot.
    function collectDigest(CollectAct calldata act) external view returns (bytes32 digest);

    /// @notice Reverts with the reason for which {recordCollects} would skip this act now, with its values.
    function checkCollect(CollectAct calldata act, bytes[] calldata proofs) external view;
}
