// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {Parties} from "../../../contracts/access/Parties.sol";
import {Processes} from "../../../contracts/traceability/Processes.sol";
import {LotLedger} from "../../../contracts/traceability/LotLedger.sol";
import {VM} from "./Vm.sol";

/// @notice The contracts, administered by whoever made this, and people who sign.
contract World {
    uint256 public constant COLLECTORS = 6;
    uint256 public constant KEEPERS = 3;

    AccessManager public immutable MANAGER;
    Parties public immutable PARTIES;
    Processes public immutable PROCESSES;
    LotLedger public immutable LEDGER;

    /// @dev `collectors` sign with their own keys; `keepers` are facilities, their keys bound to them.
    address[] public collectors;
    address[] public keepers;

    constructor() {
        VM.warp(1_760_000_000);
        MANAGER = new AccessManager(address(this));
        PARTIES = new Parties(address(MANAGER));
        PROCESSES = new Processes(address(MANAGER));
        LEDGER = new LotLedger(address(MANAGER), address(PARTIES), address(PROCESSES));
        bytes4[] memory open = new bytes4[](1);
        open[0] = LEDGER.recordCollects.selector;
        MANAGER.setTargetFunctionRole(address(LEDGER), open, MANAGER.PUBLIC_ROLE());
        // the registry's functions stay with the administrator, who is the maker of this world as well
        MANAGER.grantRole(MANAGER.ADMIN_ROLE(), msg.sender, 0);
        for (uint256 i = 0; i < COLLECTORS; ++i) _enter(VM.addr(collectorKey(i)), 1);
        for (uint256 i = 0; i < KEEPERS; ++i) _enter(address(0), 4);
    }

    function collectorKey(uint256 i) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("collector", i)));
    }

    function keeperKey(uint256 i) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("keeper", i)));
    }

    function _enter(address account, uint16 kinds) private {
        bytes32 identityHash = keccak256(abi.encode(account, keepers.length));
        IParties.Registration[] memory one = new IParties.Registration[](1);
        one[0] = IParties.Registration(account, kinds, identityHash, address(0), 3310, address(0));
        PARTIES.register(one);
        if (account != address(0)) {
            collectors.push(account);
            return;
        }
        address keeper = PARTIES.accountFor(identityHash);
        uint256 key = uint256(uint160(VM.addr(keeperKey(keepers.length))));
        PARTIES.bindKey(keeper, bytes32(key), 0, type(uint40).max);
        keepers.push(keeper);
    }
}
