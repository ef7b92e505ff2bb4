// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {IProjects} from "../../../contracts/carbon/IProjects.sol";
import {Domains} from "../../../contracts/libraries/Domains.sol";
import {Messages} from "./Messages.sol";
import {NaiveCredits} from "./NaiveCredits.sol";
import {naiveYearOf} from "./NaiveDays.sol";
import {Signing} from "./Signing.sol";

/// @notice From report to issuance, well, too early, twice, by whom it must not be and above what was attested. An
/// issuance that is refused as it should be counts; one that is not is booked, and seen by the invariants.
abstract contract IssuanceActions is NaiveCredits {
    using Messages for bytes32;

    bytes32 private constant STATEMENT = keccak256(
        "Verification(bytes32 report,uint64 attestedKg,bytes32 statement,address verifier,uint40 signedAt)"
    );

    mapping(uint64 project => uint256) private _lastDays;

    /// @dev Periods overlap now and then: the next begins up to ten days before the last one's end, or long before.
    function _playSubmit(uint256 seed) internal returns (bool) {
        uint64 project = uint64(1 + (seed % WORLD.PROJECTS()));
        uint256 last = 15_000;
        for (uint256 i = 0; i < _reports.length; ++i) {
            if (_reports[i].project == project && _reports[i].toDay > last) last = _reports[i].toDay;
        }
        uint256 from = last + 20 - (_draw(seed, "overlap") % (seed % 8 == 0 ? 400 : 30));
        if (from > 18_500) return false;
        _submit(project, uint32(from), uint32(from + (_draw(seed, "length") % 150)), _draw(seed, "claimed"));
        return true;
    }

    /// @dev The next verifier's statement on one of the newest reports, so that quorums come about.
    function _playVerify(uint256 seed) internal returns (bool) {
        for (uint256 i = _reports.length; i != 0 && i + 6 > _reports.length; --i) {
            Report storage r = _reports[i - 1];
            if (r.issuances != 0 || r.attestedKg.length == WORLD.VERIFIERS()) continue;
            _attest(i - 1, r.attestedKg.length, _drawAttested(r.claimedKg, seed));
            return true;
        }
        uint32 day = uint32(_lastDay(1) + 1);
        _attest(_submit(1, day, day, _draw(seed, "claimed")), 0, 1);
        return true;
    }

    /// @dev A verifier changes their mind: the first statement stands.
    function _playVerifyAgain(uint256 seed) internal returns (bool) {
        for (uint256 i = 0; i < _reports.length; ++i) {
            uint256 report = addmod(seed, i, _reports.length);
            uint256 attested = _reports[report].attestedKg.length;
            if (attested == 0) continue;
            _attest(report, seed % attested, 0);
            return true;
        }
        return false;
    }

    function _playIssue(uint256 seed) internal returns (bool) {
        uint256 report = _issuable(seed);
        uint256 kg = seed % 2 == 0 ? leastOf(report) : 1 + (_draw(seed, "kg") % leastOf(report));
        return _issue(WORLD.ISSUER(), report, _vintages(report, kg, seed)) == bytes4(0);
    }

    function _playIssueTwice(uint256 seed) internal returns (bool) {
        for (uint256 i = 0; i < _reports.length; ++i) {
            uint256 report = addmod(seed, i, _reports.length);
            if (_reports[report].issuances == 0) continue;
            return _issue(WORLD.ISSUER(), report, _vintages(report, 1, seed)) == IProjects.ReportClosed.selector;
        }
        return false;
    }

    function _playIssueAbove(uint256 seed) internal returns (bool) {
        uint256 report = _issuable(seed);
        uint256 kg = uint256(leastOf(report)) + 1 + (_draw(seed, "above") % 3);
        return _issue(WORLD.ISSUER(), report, _vintages(report, kg, seed)) == IProjects.AboveAttested.selector;
    }

    /// @dev A report whose period begins on the last day, or before it, for which credits were issued in its boundary.
    function _playIssueOverlapping(uint256 seed) internal returns (bool) {
        uint256 issued = _issuable(seed);
        if (_issue(WORLD.ISSUER(), issued, _vintages(issued, 1, seed)) != 0) return false;
        uint32 day = uint32(_reports[issued].toDay - (seed % 3));
        uint256 report = _submit(_reports[issued].project, day, day + 5, 7);
        for (uint256 i = 0; i < _reports[report].project; ++i) _attest(report, i, 7);
        return _issue(WORLD.ISSUER(), report, _vintages(report, 7, seed)) == IProjects.PeriodOverlaps.selector;
    }

    /// @dev One verifier less than the methodology asks for.
    function _playIssueEarly(uint256 seed) internal returns (bool) {
        uint64 project = uint64(1 + (seed % WORLD.PROJECTS()));
        uint32 day = uint32(_lastDay(project) + 1);
        uint256 report = _submit(project, day, day, 7);
        for (uint256 i = 0; i + 1 < project; ++i) _attest(report, i, 7);
        return _issue(WORLD.ISSUER(), report, _vintages(report, 7, seed)) == IProjects.QuorumMissing.selector;
    }

    function _submit(uint64 project, uint32 from, uint32 to, uint256 claimed) private returns (uint256) {
        Report storage made = _reports.push();
        (made.project, made.fromDay, made.toDay) = (project, from, to);
        // a few kilograms at times, so that pieces are often whole blocks
        made.claimedKg = uint64(1 + (claimed % (claimed % 4 == 0 ? 12 : 1_000_000)));
        bytes32 document = bytes32(_reports.length);
        IProjects.Report memory r = IProjects.Report(
            project,
            bytes32(uint256(project)),
            from,
            to,
            made.claimedKg,
            document
        );
        (bool done, bytes memory id) = _call(
            WORLD.MEASURER(),
            address(PROJECTS),
            abi.encodeCall(IProjects.submitReport, (r))
        );
        require(done, string(id));
        made.id = abi.decode(id, (bytes32));
        return _reports.length - 1;
    }

    /// @dev The n-th verifier's statement; it counts once, and while nothing was issued.
    function _attest(uint256 report, uint256 n, uint64 kg) private {
        Report storage r = _reports[report];
        IProjects.Verification[] memory one = new IProjects.Verification[](1);
        address verifier = WORLD.verifiers(n);
        one[0] = IProjects.Verification(r.id, kg, bytes32("statement"), verifier, 1_760_000_000, 0, 0);
        bytes32 hash = keccak256(abi.encode(STATEMENT, r.id, kg, bytes32("statement"), verifier, 1_760_000_000));
        bytes32 digest = Domains.separator(address(WORLD.MANAGER())).digest(hash);
        (one[0].r, one[0].vs) = Signing.compact(WORLD.verifierKey(n), digest);
        PROJECTS.recordVerifications(one, new bytes[](0));
        if (r.issuances == 0 && n == r.attestedKg.length) r.attestedKg.push(kg);
    }

    function _drawAttested(uint64 claimed, uint256 seed) private pure returns (uint64) {
        return _draw(seed, "full") % 2 == 0 ? claimed : uint64(_draw(seed, "attested") % (uint256(claimed) + 1));
    }

    function _issue(address issuer, uint256 report, ICredits.Batch[] memory vintages) private returns (bytes4) {
        bytes memory data = abi.encodeCall(IProjects.issue, (_reports[report].id, vintages));
        (bool done, bytes memory result) = _call(issuer, address(PROJECTS), data);
        if (!done) return bytes4(result);
        _bookIssue(report, vintages);
        _lastDays[_reports[report].project] = _reports[report].toDay;
        return 0;
    }

    /// @dev A report that has its quorum, is attested of something and lies after all that was issued in its boundary; one is made where none is.
    function _issuable(uint256 seed) private returns (uint256 report) {
        for (uint256 i = 0; i < _reports.length; ++i) {
            report = addmod(seed, i, _reports.length);
            Report storage r = _reports[report];
            if (leastOf(report) == 0) continue;
            if (r.issuances == 0 && r.attestedKg.length >= r.project && r.fromDay > _lastDay(r.project)) return report;
        }
        uint64 project = uint64(1 + (seed % WORLD.PROJECTS()));
        uint32 from = uint32(_lastDay(project) + 1 + (seed % 10));
        report = _submit(project, from, from + uint32(_draw(seed, "length") % 30), _draw(seed, "claimed"));
        for (uint256 i = 0; i < project; ++i) _attest(report, i, _reports[report].claimedKg);
    }

    /// @dev The last day for which credits were issued in a project's boundary.
    function _lastDay(uint64 project) private view returns (uint256) {
        return _lastDays[project] == 0 ? 14_000 : _lastDays[project];
    }

    /// @dev So many kg in one batch or two, of the first year and the last, each in up to three blocks.
    function _vintages(
        uint256 report,
        uint256 kg,
        uint256 seed
    ) private view returns (ICredits.Batch[] memory vintages) {
        uint256 count = kg > 1 && seed % 3 == 0 ? 2 : 1;
        vintages = new ICredits.Batch[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = i + 1 == count ? kg : 1 + (_draw(seed, "part") % (kg - 1));
            uint32 day = i == 0 ? _reports[report].fromDay : _reports[report].toDay;
            vintages[i] = ICredits.Batch(uint16(naiveYearOf(day)), WORLD.SCOPE(), _allotments(part, seed));
            kg -= part;
        }
    }

    function _allotments(uint256 kg, uint256 seed) private view returns (ICredits.Allotment[] memory allotments) {
        uint256 count = kg < 3 ? 1 : 1 + (_draw(seed, "blocks") % 3);
        allotments = new ICredits.Allotment[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = i + 1 == count ? kg : 1 + (_draw(seed ^ i, "block") % (kg - (count - 1 - i)));
            address recipient = WORLD.holders(_draw(seed ^ i, "recipient") % WORLD.HOLDERS());
            allotments[i] = ICredits.Allotment(recipient, uint64(part));
            kg -= part;
        }
    }
}
