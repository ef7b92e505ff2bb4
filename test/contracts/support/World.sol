// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {ILotLedger} from "../../../contracts/traceability/ILotLedger.sol";
import {IProcesses} from "../../../contracts/traceability/IProcesses.sol";
import {Built} from "./Built.sol";
import {VM} from "./Vm.sol";

/// @notice The contracts, administered by whoever made this, and accounts that sign: the first sign with their own keys,
/// the facilities after them with keys that are bound to them.
contract World {
    uint256 public constant PEOPLE = 5;
    uint256 public constant ACCOUNTS = 8;
    /// @dev Licence kind 5, which the first facility alone holds.
    uint16 public constant LICENSED_CLASS = 5 << 10;
    /// @dev Takes and makes classes 0 to 3, with a loss of at most half.
    uint16 public constant PROCESS = 7;

    IAccessManager public immutable MANAGER;
    IParties public immutable PARTIES;
    IProcesses public immutable PROCESSES;
    ILotLedger public immutable LEDGER;

    address[] public accounts;
    mapping(address account => uint256) public privateKeys;

    constructor() {
        VM.warp(1_760_000_000);
        address manager = Built.manager();
        address parties = Built.deploy("Parties", abi.encode(manager));
        address processes = Built.deploy("Processes", abi.encode(manager));
        address ledger = Built.deploy("LotLedger", abi.encode(manager, parties, processes));
        MANAGER = IAccessManager(manager);
        PARTIES = IParties(parties);
        PROCESSES = IProcesses(processes);
        LEDGER = ILotLedger(ledger);
        bytes4[] memory open = new bytes4[](6);
        open[0] = ILotLedger.recordCollects.selector;
        open[1] = ILotLedger.recordHandoffs.selector;
        open[2] = ILotLedger.recordSplits.selector;
        open[3] = ILotLedger.recordTransforms.selector;
        open[4] = ILotLedger.recordConcludes.selector;
        open[5] = ILotLedger.recordPassTitles.selector;
        MANAGER.setTargetFunctionRole(address(LEDGER), open, type(uint64).max);
        // the rest stays with the administrator, who is the maker of this world as well
        MANAGER.grantRole(0, msg.sender, 0);
        for (uint256 i = 0; i < ACCOUNTS; ++i) _enter(i);
        PARTIES.grantLicence(accounts[PEOPLE], LICENSED_CLASS >> 10, 0, type(uint40).max, 0, 0);
        PROCESSES.setProcess(PROCESS, _bounds());
    }

    function _enter(uint256 i) private {
        uint256 privateKey = uint256(keccak256(abi.encode("key", i)));
        address key = VM.addr(privateKey);
        IParties.Registration[] memory one = new IParties.Registration[](1);
        one[0] = IParties.Registration(key, 1, bytes32(i), address(0), 3310, address(0));
        if (i >= PEOPLE) (one[0].account, one[0].kinds) = (address(0), 4);
        PARTIES.register(one);
        address account = i < PEOPLE ? key : PARTIES.accountFor(bytes32(i));
        if (i >= PEOPLE) PARTIES.bindKey(account, bytes32(uint256(uint160(key))), 0, type(uint40).max);
        accounts.push(account);
        privateKeys[account] = privateKey;
    }

    function _bounds() private pure returns (IProcesses.Bound[] memory bounds) {
        bounds = new IProcesses.Bound[](9);
        for (uint16 class = 0; class < 4; ++class) {
            bounds[class] = IProcesses.Bound(0, class, 0, 10_000);
            bounds[4 + class] = IProcesses.Bound(1, class, 0, 10_000);
        }
        bounds[8] = IProcesses.Bound(2, 0, 0, 5_000);
    }
}
