// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredits} from "./ICredits.sol";

/// @title IProjects
/// @notice From methodology to issuance: who claims what, who attests it, and how much may be issued for it, once.
/// @dev Documents are named by the digest of their CID (sha2-256); a list of several documents is a document of its own.
/// Ids of methodologies and projects count from 1.
interface IProjects {
    /// @notice How a kind of sink is measured and verified.
    /// @param document The methodology itself.
    /// @param scope The claim scope of what is issued under it, a code of the vocabulary.
    /// @param quorum Verifiers, different parties, that must have attested a report.
    /// @param bufferBps What part of an issuance goes to the buffer, in 1/10,000. Zero, until there is a buffer.
    struct Methodology {
        bytes32 document;
        uint16 scope;
        uint8 quorum;
        uint16 bufferBps;
    }

    /// @notice A part of what a project earns, in 1/10,000.
    struct Share {
        address account;
        uint16 bps;
    }

    /// @notice A sink, whose it is and who measures it.
    /// @param proponent Answers for the project.
    /// @param measurer Hands in its monitoring reports; another party than the proponent.
    /// @param boundaries Hashes of the areas that are measured apart; each belongs to one project for ever.
    /// @param shares How its proceeds are divided, 10,000 in all, accounts ascending.
    struct Project {
        uint64 methodology;
        address proponent;
        address measurer;
        bytes32 document;
        bytes32[] boundaries;
        Share[] shares;
    }

    /// @notice What a measurer claims for one boundary and period.
    /// @param fromDay First day of the period, `toDay` the last, in days since 1970-01-01.
    /// @param claimedKg In kg CO2e.
    struct Report {
        uint64 project;
        bytes32 boundary;
        uint32 fromDay;
        uint32 toDay;
        uint64 claimedKg;
        bytes32 document;
    }

    /// @notice A verifier's signed statement on a report; 0 kg is a refusal.
    /// @dev EIP-712 type: `Verification(bytes32 report,uint64 attestedKg,bytes32 statement,address verifier,uint40 signedAt)`.
    /// @param statement Digest of the statement's document.
    /// @param verifier The account that attests; the key that signs holds the role VERIFIER.
    /// @param signedAt In seconds since 1970.
    /// @param r First half of the signature, or zero; then `vs` is the place of the proof among `proofs` (ILotActs).
    struct Verification {
        bytes32 report;
        uint64 attestedKg;
        bytes32 statement;
        address verifier;
        uint40 signedAt;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A report as it stands.
    /// @param leastKg The least that a verifier attested; says nothing while there are no `verifications`.
    /// @param issuedKg What was issued for it; zero until then, and never zero again.
    struct ReportState {
        uint64 project;
        uint64 claimedKg;
        uint64 leastKg;
        uint8 verifications;
        uint32 fromDay;
        uint32 toDay;
        uint64 issuedKg;
        bytes32 boundary;
    }

    /// @notice A methodology may be used from now on.
    event MethodologyAdded(uint64 indexed methodology, bytes32 document, uint16 scope, uint8 quorum, uint16 bufferBps);

    /// @notice A project was registered.
    event ProjectRegistered(
        uint64 indexed project,
        address indexed proponent,
        uint64 indexed methodology,
        address measurer,
        bytes32 document,
        bytes32[] boundaries,
        Share[] shares
    );

    /// @notice A monitoring report was handed in.
    event ReportSubmitted(
        bytes32 indexed report,
        uint64 indexed project,
        address indexed measurer,
        bytes32 boundary,
        uint32 fromDay,
        uint32 toDay,
        uint64 claimedKg,
        bytes32 document
    );

    /// @notice A verifier's statement was recorded.
    event Verified(
        bytes32 indexed report,
        address indexed verifier,
        bytes32 digest,
        uint64 attestedKg,
        bytes32 statement,
        uint40 signedAt
    );

    /// @notice A statement was not recorded; nothing else changed.
    /// @param reason Selector of the error that says why.
    event Skipped(bytes32 indexed report, bytes32 indexed digest, bytes4 reason);

    /// @notice Credits were issued for a report: {ICredits-Issued} tells the blocks.
    event ReportIssued(bytes32 indexed report, uint64 indexed project, address indexed issuer, uint64 kg);

    /// @notice Thrown when a methodology lacks its document, scope or quorum, or asks for a buffer.
    error MethodologyNotPossible();

    /// @notice Thrown when there is no such methodology.
    error MethodologyUnknown(uint64 methodology);

    /// @notice Thrown when there is no such project.
    error ProjectUnknown(uint64 project);

    /// @notice Thrown when a document's digest is zero.
    error DocumentMissing();

    /// @notice Thrown when a project has no boundary.
    error BoundaryMissing();

    /// @notice Thrown when a boundary already belongs to a project.
    error BoundaryTaken(bytes32 boundary, uint64 project);

    /// @notice Thrown when a report is for a boundary of no project, or of another one.
    error BoundaryForeign(bytes32 boundary, uint64 project);

    /// @notice Thrown when shares are not 10,000 in all, or their accounts do not ascend.
    error SharesNotWhole(uint256 bps);

    /// @notice Thrown when an account may not take this part because of another that it has in the project: measurer,
    /// verifier, proponent and issuer are different parties, and none but the proponent has a share or is issued credits.
    error ConflictOfInterest(uint64 project, address account);

    /// @notice Thrown when a report is handed in by another than the project's measurer.
    error NotMeasurer(uint64 project, address account);

    /// @notice Thrown when a report was handed in before.
    error ReportExists(bytes32 report);

    /// @notice Thrown when a report is not known.
    error ReportUnknown(bytes32 report);

    /// @notice Thrown when credits were issued for the report already.
    error ReportClosed(bytes32 report);

    /// @notice Thrown when a period ends before it begins, or has not ended yet.
    error PeriodNotPossible(uint32 fromDay, uint32 toDay);

    /// @notice Thrown when a report's period begins before the end of one for which credits were issued in that boundary.
    error PeriodOverlaps(bytes32 boundary, uint32 fromDay, uint32 lastDay);

    /// @notice Thrown when a report claims nothing, or more than 2^63 − 1 kg.
    error ClaimNotPossible(uint64 kg);

    /// @notice Thrown when a verifier attests more than was claimed.
    error AttestedAboveClaimed(bytes32 report, uint64 attestedKg, uint64 claimedKg);

    /// @notice Thrown when a verifier has made a statement on the report before.
    error AlreadyVerified(bytes32 report, address verifier);

    /// @notice Thrown when the key that signed a statement does not hold the role VERIFIER.
    error NotVerifier(address account, bytes32 keyId);

    /// @notice Thrown when a statement was signed more than ten minutes in the future.
    error SignedInFuture(uint40 signedAt);

    /// @notice Thrown when fewer verifiers than the methodology asks for have attested the report.
    error QuorumMissing(bytes32 report, uint8 verifications, uint8 quorum);

    /// @notice Thrown when more would be issued than the least that was attested.
    error AboveAttested(bytes32 report, uint256 kg, uint64 attestedKg);

    /// @notice Thrown when a batch's vintage is no year of the report's period.
    error VintageOutsidePeriod(uint16 vintage, uint32 fromDay, uint32 toDay);

    /// @notice Thrown when a batch's claim scope is not the methodology's.
    error ScopeNotOfMethodology(uint16 scope, uint16 ofMethodology);

    /// @notice Adds a methodology and gives it the next id.
    function addMethodology(Methodology calldata methodology) external returns (uint64 id);

    /// @notice Registers a project and gives it the next id.
    function registerProject(Project calldata project) external returns (uint64 id);

    /// @notice Hands in a monitoring report. The project's measurer may.
    function submitReport(Report calldata report) external returns (bytes32 id);

    /// @notice Records verifiers' statements. Anyone may carry them; a bad one is skipped with its reason.
    /// @param proofs Signatures that do not fit two words (ILotActs).
    function recordVerifications(Verification[] calldata verifications, bytes[] calldata proofs) external;

    /// @notice Issues the credits of a report, all at once: no more than the least that was attested.
    function issue(bytes32 report, ICredits.Batch[] calldata vintages) external;

    /// @notice A methodology; all zero when there is none.
    function methodologyOf(uint64 methodology) external view returns (Methodology memory);

    /// @notice Who a project's parties are, and under which methodology it is; all zero when there is none.
    function projectOf(uint64 project) external view returns (uint64 methodology, address proponent, address measurer);

    /// @notice An account's share of a project's proceeds, in 1/10,000.
    function shareOf(uint64 project, address account) external view returns (uint16 bps);

    /// @notice A report as it stands; all zero when there is none.
    function reportOf(bytes32 report) external view returns (ReportState memory);

    /// @notice Which project a boundary belongs to, and the last day for which credits were issued in it.
    function boundaryOf(bytes32 boundary) external view returns (uint64 project, uint32 lastDay);

    /// @notice The id of a report: keccak256(abi.encode(project, boundary, fromDay, toDay, document)).
    function reportId(Report calldata report) external pure returns (bytes32 id);

    /// @notice Methodologies and projects so far.
    function counts() external view returns (uint64 methodologies, uint64 projects);
}
