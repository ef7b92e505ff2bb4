// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "./ILotActs.sol";

/// @title ILotEvents
/// @notice What the ledger tells of lots: each act that was recorded, with all that its message says, and each that was
/// skipped, with the reason.
/// @dev `flags 8` is `reasons 4 | lot flags 4`. Reasons: 1 an account is not active, 2 the custodian lacks the licence at
/// that time, 4 captured in the future, 8 recorded more than 7 days after the end of a key that signed. Any reason sets
/// the lot's review flag. Lot flags: 1 contested, 2 quarantined, 4 bailed, 8 review, as they stand after the act.
///
/// `terms` fill from the highest bit down; the rest is zero.
interface ILotEvents is ILotActs {
    /// @notice Waste was handed over for the first time and became a lot in the keeper's custody.
    /// @param lot The lot's id, which is the act's digest.
    /// @param terms `grams 48 | capturedAt 40 | flags 8`
    event Collected(
        bytes32 indexed lot,
        address indexed collector,
        address indexed keeper,
        uint16 class,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice A lot changed hands. Where less was accepted than declared, the difference left the ledger as variance.
    /// Where more was, the lot keeps what was declared, under review: a heavier scale adds no grams.
    /// @param terms `declaredGrams 48 | acceptedGrams 48 | seq 24 | capturedAt 40 | flags 8 | bailment 8`
    event HandedOver(
        bytes32 indexed lot,
        address indexed from,
        address indexed to,
        bytes32 digest,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice A lot was consumed by its children, which stay in its custody, under its title and its flags.
    /// @param terms `seq 24 | capturedAt 40 | flags 8`
    event LotSplit(
        bytes32 indexed lot,
        address indexed operator,
        bytes32 digest,
        uint48[] grams,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice Lots were consumed by a process, and its outputs became lots. What is neither is loss, which left the
    /// ledger.
    /// @param terms `lossGrams 48 | capturedAt 40 | flags 8`; the flags are those of every output: those of all inputs,
    /// and quarantined where a yield is outside its bounds.
    event Transformed(
        bytes32 indexed digest,
        address indexed operator,
        uint16 indexed process,
        ILotActs.Input[] inputs,
        ILotActs.Output[] outputs,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice Grams of a lot left the ledger.
    /// @param terms `grams 48 | seq 24 | capturedAt 40 | flags 8`
    event Concluded(
        bytes32 indexed lot,
        address indexed operator,
        uint16 indexed kind,
        bytes32 digest,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice Title to a lot passed.
    /// @param terms `seq 24 | capturedAt 40 | flags 8`
    event TitlePassed(
        bytes32 indexed lot,
        address indexed owner,
        address indexed to,
        bytes32 digest,
        uint256 terms,
        bytes32 anchor,
        bytes32 evidence
    );

    /// @notice An auditor set or cleared flags of a lot.
    /// @param basis Hash of the reasoned decision.
    event FlagsChanged(bytes32 indexed lot, uint8 set, uint8 cleared, bytes32 basis);

    /// @notice An auditor declared a lot void: its grams left the ledger, nobody can act on it.
    /// @param basis Hash of the reasoned decision.
    event LotVoided(bytes32 indexed lot, address indexed auditor, uint48 grams, bytes32 basis);

    /// @notice An act was not recorded; nothing else changed.
    /// @dev Anyone can carry a good act with a spoiled signature: a skip speaks for the transaction it stands in, and
    /// never undoes an act that was recorded.
    /// @param lot The lot acted upon; a transform's first input.
    /// @param reason Selector of the error that the act's check reverts with.
    event Skipped(bytes32 indexed lot, bytes32 indexed digest, bytes4 reason);

    /// @notice The reason to skip a collect whose lot already exists: it was recorded before.
    error LotExists(bytes32 lot);

    /// @notice The reason to skip an act on a lot that does not exist.
    error LotUnknown(bytes32 lot);

    /// @notice The reason to skip an act that was made for another state of the lot: it was overtaken by another act, or
    /// the act it follows is not recorded yet.
    error SeqNotCurrent(bytes32 lot, uint24 seq, uint24 current);

    /// @notice The reason to skip an act on a lot that is consumed or void.
    error LotNotOpen(bytes32 lot, uint8 disposition);

    /// @notice The reason to skip an act by an account that does not hold the lot.
    error NotCustodian(bytes32 lot, address account, address custodian);

    /// @notice The reason to skip an act that needs title, by an account that does not have it.
    error NotOwner(bytes32 lot, address account, address owner);

    /// @notice The reason to skip a handoff of a lot under bailment to anybody but its owner, unless under bailment.
    error LotBailed(bytes32 lot, address to, address owner);

    /// @notice The reason to skip a claim on a lot that is contested or quarantined.
    error LotBarred(bytes32 lot, uint8 flags);

    /// @notice The reason to skip an act without mass, or with a part without mass.
    error GramsMissing(bytes32 lot);

    /// @notice The reason to skip an act whose grams are not those of its lots.
    error GramsNotMatching(bytes32 lot, uint256 stated, uint256 held);

    /// @notice The reason to skip a split without children or a transform without inputs or outputs.
    error PartsMissing(bytes32 lot);

    /// @notice The reason to skip a transform whose inputs do not ascend, which includes one that stands there twice.
    error InputsNotAscending(bytes32 lot, bytes32 next);

    /// @notice The reason to skip an act that names an account which is not registered.
    error AccountNotRegistered(address account);

    /// @notice The reason to skip an act whose signature is malformed (the key is then zero), or is by a key that does not
    /// sign for the account.
    error SignatureNotValid(address account, bytes32 keyId);

    /// @notice The reason to skip an act that was captured outside the time in which its key is valid.
    error KeyNotValid(address account, bytes32 keyId, uint40 from, uint40 until, uint40 capturedAt);
}
