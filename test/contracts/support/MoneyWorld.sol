// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {Parties} from "../../../contracts/access/Parties.sol";
import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {PremiumPools} from "../../../contracts/profit/PremiumPools.sol";
import {SettlementToken} from "../../../contracts/profit/SettlementToken.sol";
import {VM} from "./Vm.sol";

/// @dev How many accounts there are to be paid, some of which nobody has registered.
uint256 constant ACCOUNTS = 540;

/// @dev The first is zero; from there on they ascend.
function accountAt(uint256 i) pure returns (address) {
    return i == 0 ? address(0) : address(uint160((i << 144) + 0xa5a5a5));
}

/// @dev Whether the registry knows the account.
function isRegistered(uint256 i) pure returns (bool) {
    return i != 0 && i % 16 != 15;
}

/// @notice Money among many accounts. Whoever makes this administers it, and is bank, allocator and auditor.
contract MoneyWorld {
    uint64 private constant POOLS_ROLE = 8;

    AccessManager public immutable MANAGER;
    Parties public immutable PARTIES;
    SettlementToken public immutable TOKEN;
    PremiumPools public immutable POOLS;

    constructor() {
        VM.warp(1_760_000_000);
        MANAGER = new AccessManager(address(this));
        PARTIES = new Parties(address(MANAGER));
        TOKEN = new SettlementToken(address(MANAGER), PARTIES);
        POOLS = new PremiumPools(address(MANAGER), PARTIES, TOKEN);
        _open();
        MANAGER.grantRole(MANAGER.ADMIN_ROLE(), msg.sender, 0);
        _enter(msg.sender, 0);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (isRegistered(i)) _enter(accountAt(i), i);
        }
    }

    function _enter(address account, uint256 i) private {
        IParties.Registration[] memory one = new IParties.Registration[](1);
        one[0] = IParties.Registration(account, 1, bytes32(i), address(0), 3310, address(0));
        PARTIES.register(one);
    }

    /// @dev What is left out stays with the administrator.
    function _open() private {
        bytes4[] memory pooled = new bytes4[](2);
        (pooled[0], pooled[1]) = (TOKEN.collect.selector, TOKEN.distribute.selector);
        MANAGER.setTargetFunctionRole(address(TOKEN), pooled, POOLS_ROLE);
        MANAGER.grantRole(POOLS_ROLE, address(POOLS), 0);
        bytes4[] memory anyone = new bytes4[](1);
        anyone[0] = TOKEN.transfer.selector;
        MANAGER.setTargetFunctionRole(address(TOKEN), anyone, MANAGER.PUBLIC_ROLE());
        anyone = new bytes4[](3);
        anyone[0] = IPremiumPools.fund.selector;
        anyone[1] = IPremiumPools.payChunk.selector;
        anyone[2] = IPremiumPools.release.selector;
        MANAGER.setTargetFunctionRole(address(POOLS), anyone, MANAGER.PUBLIC_ROLE());
    }
}
