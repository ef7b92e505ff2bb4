// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Actors} from "../access/Actors.sol";
import {IParties} from "../access/IParties.sol";
import {Credentials} from "../libraries/Credentials.sol";
import {Domains} from "../libraries/Domains.sol";
import {Faults} from "../libraries/Faults.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {IProjects} from "./IProjects.sol";

/// @title Statements
/// @notice Reports, and what verifiers state of them: acts that are signed and carried by anyone.
abstract contract Statements is IProjects, Actors {
    using Faults for bytes4;

    uint64 internal constant MOST_KG = type(uint64).max >> 1;
    uint64 private constant VERIFIER_ROLE = 3;
    uint256 private constant CLOCK_SKEW = 10 minutes;
    bytes32 private constant VERIFICATION_TYPE = keccak256(
        "Verification(bytes32 report,uint64 attestedKg,bytes32 statement,address verifier,uint40 signedAt)"
    );

    struct Parts {
        address proponent;
        uint64 methodology;
        address measurer;
    }

    /// @dev The domain's verifying contract, as in LotBook.
    address private immutable VERIFYING_CONTRACT;

    mapping(uint64 id => Parts) internal _projects;
    mapping(uint64 project => mapping(address account => uint16 bps)) internal _shares;
    mapping(bytes32 id => ReportState) internal _reports;
    mapping(bytes32 report => mapping(address account => bool)) internal _verifiers;

    constructor(address authority, IParties parties) Actors(authority, parties) {
        VERIFYING_CONTRACT = authority;
    }

    // Anyone

    /// @inheritdoc IProjects
    function recordVerifications(Verification[] calldata verifications, bytes[] calldata proofs) external restricted {
        bytes32 separator = Domains.separator(VERIFYING_CONTRACT);
        for (uint256 i = 0; i < verifications.length; ++i) {
            Verification calldata v = verifications[i];
            bytes32 digest = _digestOf(separator, v);
            bytes memory fault = _fault(v, digest, proofs);
            if (fault.length == 0) _record(v, digest);
            else emit Skipped(v.report, digest, bytes4(fault));
        }
    }

    /// @inheritdoc IProjects
    function projectOf(uint64 project) external view returns (uint64 methodology, address proponent, address measurer) {
        Parts storage parts = _projects[project];
        return (parts.methodology, parts.proponent, parts.measurer);
    }

    /// @inheritdoc IProjects
    function shareOf(uint64 project, address account) external view returns (uint16 bps) {
        return _shares[project][account];
    }

    /// @inheritdoc IProjects
    function reportOf(bytes32 report) external view returns (ReportState memory) {
        return _reports[report];
    }

    function _requireDisinterested(uint64 project, address account) internal view {
        if (_isInterested(project, account)) revert ConflictOfInterest(project, account);
    }

    function _record(Verification calldata v, bytes32 digest) private {
        ReportState storage r = _reports[v.report];
        if (r.verifications == 0 || v.attestedKg < r.leastKg) r.leastKg = v.attestedKg;
        ++r.verifications;
        _verifiers[v.report][v.verifier] = true;
        emit Verified(v.report, v.verifier, digest, v.attestedKg, v.statement, v.signedAt);
    }

    /// @dev Why a statement cannot be recorded; empty when it can.
    function _fault(
        Verification calldata v,
        bytes32 digest,
        bytes[] calldata proofs
    ) private view returns (bytes memory) {
        ReportState storage r = _reports[v.report];
        if (r.project == 0) return ReportUnknown.selector.because(v.report);
        if (r.issuedKg != 0) return ReportClosed.selector.because(v.report);
        if (_verifiers[v.report][v.verifier] || r.verifications == type(uint8).max) {
            return AlreadyVerified.selector.because(v.report, uint160(v.verifier));
        }
        if (v.attestedKg > r.claimedKg) {
            return AttestedAboveClaimed.selector.because(v.report, v.attestedKg, r.claimedKg);
        }
        if (v.signedAt > block.timestamp + CLOCK_SKEW)
            return SignedInFuture.selector.because(bytes32(uint256(v.signedAt)));
        if (_isInterested(r.project, v.verifier)) {
            return ConflictOfInterest.selector.because(bytes32(uint256(r.project)), uint160(v.verifier));
        }
        return _signatureFault(v, digest, proofs);
    }

    /// @dev Why the statement is not by an active account's key that is a verifier's.
    function _signatureFault(
        Verification calldata v,
        bytes32 digest,
        bytes[] calldata proofs
    ) private view returns (bytes memory) {
        bytes32 keyId = Signatures.keyOf(digest, v.r, v.vs, v.verifier, proofs);
        (bytes memory fault, uint256 credential) = Credentials.find(PARTIES, v.verifier, keyId, v.signedAt);
        if (fault.length != 0) return fault;
        if (!_isActive(credential)) return AccountNotActive.selector.because(v.verifier);
        bool isAddress = uint256(keyId) >> 160 == 0;
        if (isAddress && _hasRole(VERIFIER_ROLE, address(uint160(uint256(keyId))))) return "";
        return NotVerifier.selector.because(bytes32(uint256(uint160(v.verifier))), uint256(keyId));
    }

    function _isInterested(uint64 project, address account) private view returns (bool) {
        Parts storage parts = _projects[project];
        return account == parts.proponent || account == parts.measurer || _shares[project][account] != 0;
    }

    function _digestOf(bytes32 separator, Verification calldata v) private pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(VERIFICATION_TYPE, v.report, v.attestedKg, v.statement, v.verifier, v.signedAt)
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
