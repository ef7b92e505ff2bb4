// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../access/IParties.sol";
import {ICredits} from "./ICredits.sol";
import {IProjects} from "./IProjects.sol";
import {Statements} from "./Statements.sol";
import {Days} from "../libraries/Days.sol";

/// @title Projects
/// @notice Methodologies, projects, monitoring reports, and the one issuance of each.
contract Projects is Statements {
    uint256 private constant WHOLE = 10_000;

    ICredits private immutable CREDITS;

    struct Boundary {
        uint64 project;
        uint32 lastDay;
    }

    mapping(uint64 id => Methodology) private _methodologies;
    mapping(bytes32 boundary => Boundary) private _boundaries;
    uint64 private _lastMethodology;
    uint64 private _lastProject;

    /// @notice Opens an empty list.
    /// @param authority The AccessManager; also the verifying contract of signed statements.
    /// @param credits Where this contract issues.
    constructor(address authority, IParties parties, ICredits credits) Statements(authority, parties) {
        CREDITS = credits;
    }

    // The administrator

    /// @inheritdoc IProjects
    function addMethodology(Methodology calldata methodology) external restricted returns (uint64 id) {
        Methodology calldata m = methodology;
        if (m.document == 0 || m.scope == 0 || m.quorum == 0 || m.bufferBps != 0) revert MethodologyNotPossible();
        id = ++_lastMethodology;
        _methodologies[id] = m;
        emit MethodologyAdded(id, m.document, m.scope, m.quorum, m.bufferBps);
    }

    // The registry

    /// @inheritdoc IProjects
    function registerProject(Project calldata project) external restricted returns (uint64 id) {
        Project calldata p = project;
        if (_methodologies[p.methodology].document == 0) revert MethodologyUnknown(p.methodology);
        if (p.document == 0) revert DocumentMissing();
        _requireActive(p.proponent);
        _requireActive(p.measurer);
        id = ++_lastProject;
        if (p.measurer == p.proponent) revert ConflictOfInterest(id, p.measurer);
        _projects[id] = Parts(p.proponent, p.methodology, p.measurer);
        _takeBoundaries(id, p.boundaries);
        _divide(id, p.measurer, p.shares);
        emit ProjectRegistered(id, p.proponent, p.methodology, p.measurer, p.document, p.boundaries, p.shares);
    }

    // The measurer

    /// @inheritdoc IProjects
    function submitReport(Report calldata report) external restricted returns (bytes32 id) {
        Report calldata r = report;
        address account = _actor();
        Parts storage parts = _projects[r.project];
        if (parts.measurer == address(0)) revert ProjectUnknown(r.project);
        if (parts.measurer != account) revert NotMeasurer(r.project, account);
        if (_boundaries[r.boundary].project != r.project) revert BoundaryForeign(r.boundary, r.project);
        if (r.document == 0) revert DocumentMissing();
        if (r.claimedKg == 0 || r.claimedKg > MOST_KG) revert ClaimNotPossible(r.claimedKg);
        // the last day must be over
        bool over = (uint256(r.toDay) + 1) * 1 days <= block.timestamp;
        if (r.fromDay == 0 || r.toDay < r.fromDay || !over) revert PeriodNotPossible(r.fromDay, r.toDay);
        id = reportId(r);
        if (_reports[id].project != 0) revert ReportExists(id);
        _reports[id] = ReportState(r.project, r.claimedKg, 0, 0, r.fromDay, r.toDay, 0, r.boundary);
        emit ReportSubmitted(id, r.project, account, r.boundary, r.fromDay, r.toDay, r.claimedKg, r.document);
    }

    // The issuer

    /// @inheritdoc IProjects
    function issue(bytes32 report, ICredits.Batch[] calldata vintages) external restricted {
        address issuer = _actor();
        ReportState memory r = _reports[report];
        if (r.project == 0) revert ReportUnknown(report);
        if (r.issuedKg != 0) revert ReportClosed(report);
        _requireDisinterested(r.project, issuer);
        if (_verifiers[report][issuer]) revert ConflictOfInterest(r.project, issuer);
        Methodology storage m = _methodologies[_projects[r.project].methodology];
        if (r.verifications < m.quorum) revert QuorumMissing(report, r.verifications, m.quorum);
        uint32 lastDay = _boundaries[r.boundary].lastDay;
        if (r.fromDay <= lastDay) revert PeriodOverlaps(r.boundary, r.fromDay, lastDay);
        uint256 kg = _sum(r, m.scope, vintages);
        _requireRecipients(report, r.project, issuer, vintages);
        if (kg > r.leastKg) revert AboveAttested(report, kg, r.leastKg);
        _reports[report].issuedKg = uint64(kg);
        _boundaries[r.boundary].lastDay = r.toDay;
        emit ReportIssued(report, r.project, issuer, uint64(kg));
        CREDITS.issue(report, r.project, vintages);
    }

    // Anyone

    /// @inheritdoc IProjects
    function methodologyOf(uint64 methodology) external view returns (Methodology memory) {
        return _methodologies[methodology];
    }

    /// @inheritdoc IProjects
    function boundaryOf(bytes32 boundary) external view returns (uint64 project, uint32 lastDay) {
        return (_boundaries[boundary].project, _boundaries[boundary].lastDay);
    }

    /// @inheritdoc IProjects
    function counts() external view returns (uint64 methodologies, uint64 projects) {
        return (_lastMethodology, _lastProject);
    }

    /// @inheritdoc IProjects
    function reportId(Report calldata report) public pure returns (bytes32 id) {
        return keccak256(abi.encode(report.project, report.boundary, report.fromDay, report.toDay, report.document));
    }

    function _takeBoundaries(uint64 project, bytes32[] calldata boundaries) private {
        if (boundaries.length == 0) revert BoundaryMissing();
        for (uint256 i = 0; i < boundaries.length; ++i) {
            Boundary storage boundary = _boundaries[boundaries[i]];
            if (boundaries[i] == 0) revert BoundaryMissing();
            if (boundary.project != 0) revert BoundaryTaken(boundaries[i], boundary.project);
            boundary.project = project;
        }
    }

    /// @dev Who measures earns nothing by what is measured.
    function _divide(uint64 project, address measurer, Share[] calldata shares) private {
        uint256 bps = 0;
        address last = address(0);
        for (uint256 i = 0; i < shares.length; ++i) {
            Share calldata share = shares[i];
            if (share.account <= last || share.bps == 0) revert SharesNotWhole(bps);
            if (share.account == measurer) revert ConflictOfInterest(project, measurer);
            _requireActive(share.account);
            _shares[project][share.account] = share.bps;
            last = share.account;
            bps += share.bps;
        }
        if (bps != WHOLE) revert SharesNotWhole(bps);
    }

    /// @dev Whoever measures, verifies or issues is given nothing of it.
    function _requireRecipients(
        bytes32 report,
        uint64 project,
        address issuer,
        ICredits.Batch[] calldata vintages
    ) private view {
        address measurer = _projects[project].measurer;
        for (uint256 i = 0; i < vintages.length; ++i) {
            ICredits.Allotment[] calldata allotments = vintages[i].allotments;
            for (uint256 j = 0; j < allotments.length; ++j) {
                address recipient = allotments[j].recipient;
                bool interested = recipient == issuer || recipient == measurer || _verifiers[report][recipient];
                if (interested) revert ConflictOfInterest(project, recipient);
            }
        }
    }

    /// @dev The kilograms of an issuance, each vintage within the report's period and of the methodology's scope.
    function _sum(
        ReportState memory r,
        uint16 scope,
        ICredits.Batch[] calldata vintages
    ) private pure returns (uint256 kg) {
        uint256 first = Days.yearOf(r.fromDay);
        uint256 last = Days.yearOf(r.toDay);
        for (uint256 i = 0; i < vintages.length; ++i) {
            ICredits.Batch calldata batch = vintages[i];
            if (batch.vintage < first || batch.vintage > last) {
                revert VintageOutsidePeriod(batch.vintage, r.fromDay, r.toDay);
            }
            if (batch.scope != scope) revert ScopeNotOfMethodology(batch.scope, scope);
            for (uint256 j = 0; j < batch.allotments.length; ++j) kg += batch.allotments[j].kg;
        }
    }
}
