// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {IProjects} from "../../../contracts/carbon/IProjects.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// @notice The register and what issues into it, behind the roles of the role table, and the people around them. Three
/// projects, each of one boundary; the n-th asks for n verifiers.
contract CreditsWorld {
    uint256 public constant HOLDERS = 4;
    uint256 public constant VERIFIERS = 3;
    uint256 public constant PROJECTS = 3;
    uint16 public constant SCOPE = 1;
    uint64 private constant PUBLIC_ROLE = type(uint64).max;

    IAccessManager public immutable MANAGER;
    IParties public immutable PARTIES;
    ICredits public immutable CREDITS;
    IProjects public immutable PROJECTS_CONTRACT;

    address public immutable PROPONENT = VM.addr(keyOf("proponent"));
    address public immutable MEASURER = VM.addr(keyOf("measurer"));
    address public immutable ISSUER = VM.addr(keyOf("issuer"));
    address public immutable AUDITOR = VM.addr(keyOf("auditor"));

    address[] public holders;
    address[] public verifiers;
    /// @dev By the lock's bit.
    address[] public keepers;

    constructor() {
        VM.warp(1_760_000_000);
        address manager = Built.manager();
        address parties = Built.deploy("Parties", abi.encode(manager));
        address credits = Built.deploy("Credits", abi.encode(manager, parties));
        MANAGER = IAccessManager(manager);
        PARTIES = IParties(parties);
        CREDITS = ICredits(credits);
        PROJECTS_CONTRACT = IProjects(Built.deploy("Projects", abi.encode(manager, parties, credits)));
        _mapFunctions();
        for (uint256 i = 0; i < HOLDERS; ++i) holders.push(_enter(VM.addr(keyOf(string(abi.encode("holder", i))))));
        for (uint256 i = 0; i < VERIFIERS; ++i) verifiers.push(_enter(VM.addr(verifierKey(i))));
        for (uint256 i = 0; i < 6; ++i) keepers.push(_enter(VM.addr(keyOf(string(abi.encode("keeper", i))))));
        for (uint256 i = 0; i < VERIFIERS; ++i) MANAGER.grantRole(3, verifiers[i], 0);
        for (uint64 i = 0; i < 6; ++i) MANAGER.grantRole(16 + i, keepers[i], 0);
        MANAGER.grantRole(2, _enter(AUDITOR), 0);
        MANAGER.grantRole(4, _enter(ISSUER), 0);
        MANAGER.grantRole(5, address(PROJECTS_CONTRACT), 0);
        _enter(PROPONENT);
        _enter(MEASURER);
        CREDITS.setPurposes(SCOPE, 6);
        for (uint8 i = 1; i <= PROJECTS; ++i) _found(i);
    }

    function verifierKey(uint256 i) public pure returns (uint256) {
        return keyOf(string(abi.encode("verifier", i)));
    }

    function keyOf(string memory name) public pure returns (uint256) {
        return uint256(keccak256(bytes(name)));
    }

    function _mapFunctions() private {
        bytes4[] memory open = new bytes4[](5);
        open[0] = ICredits.split.selector;
        open[1] = ICredits.transfer.selector;
        open[2] = ICredits.retire.selector;
        open[3] = ICredits.cancel.selector;
        open[4] = ICredits.changeLocks.selector;
        MANAGER.setTargetFunctionRole(address(CREDITS), open, PUBLIC_ROLE);
        _map(address(CREDITS), ICredits.issue.selector, 5);
        _map(address(CREDITS), ICredits.exportOut.selector, 18);
        _map(address(CREDITS), ICredits.dedicate.selector, 21);
        _map(address(CREDITS), ICredits.annotate.selector, 2);
        _map(address(PROJECTS_CONTRACT), IProjects.submitReport.selector, PUBLIC_ROLE);
        _map(address(PROJECTS_CONTRACT), IProjects.recordVerifications.selector, PUBLIC_ROLE);
        _map(address(PROJECTS_CONTRACT), IProjects.issue.selector, 4);
    }

    function _map(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory one = new bytes4[](1);
        one[0] = selector;
        MANAGER.setTargetFunctionRole(target, one, role);
    }

    function _enter(address account) private returns (address) {
        IParties.Registration[] memory one = new IParties.Registration[](1);
        one[0] = IParties.Registration(account, 1, bytes32(uint256(1)), address(0), 3310, address(0));
        PARTIES.register(one);
        return account;
    }

    /// @dev A methodology of this quorum, and a project under it.
    function _found(uint8 quorum) private {
        uint64 id = PROJECTS_CONTRACT.addMethodology(IProjects.Methodology(bytes32("methodology"), SCOPE, quorum, 0));
        bytes32[] memory boundaries = new bytes32[](1);
        boundaries[0] = bytes32(uint256(quorum));
        IProjects.Share[] memory shares = new IProjects.Share[](1);
        shares[0] = IProjects.Share(PROPONENT, 10_000);
        PROJECTS_CONTRACT.registerProject(
            IProjects.Project(id, PROPONENT, MEASURER, bytes32("project"), boundaries, shares)
        );
    }
}
