// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {ISettlementToken} from "../../../contracts/profit/ISettlementToken.sol";
import {Built} from "./Built.sol";
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

/// @notice Both sides of the settlement token.
interface IMoney is ISettlementToken, IERC20 {}

/// @notice Money among many accounts. Whoever makes this administers it, and is bank, allocator and auditor.
contract MoneyWorld {
    uint64 private constant POOLS_ROLE = 8;
    uint64 private constant PUBLIC_ROLE = type(uint64).max;

    IAccessManager public immutable MANAGER;
    IParties public immutable PARTIES;
    IMoney public immutable TOKEN;
    IPremiumPools public immutable POOLS;

    constructor() {
        VM.warp(1_760_000_000);
        address manager = Built.manager();
        address parties = Built.deploy("Parties", abi.encode(manager));
        address token = Built.deploy("SettlementToken", abi.encode(manager, parties));
        address pools = Built.deploy("PremiumPools", abi.encode(manager, parties, token));
        MANAGER = IAccessManager(manager);
        PARTIES = IParties(parties);
        TOKEN = IMoney(token);
        POOLS = IPremiumPools(pools);
        _open();
        MANAGER.grantRole(0, msg.sender, 0);
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
        MANAGER.setTargetFunctionRole(address(TOKEN), anyone, PUBLIC_ROLE);
        anyone = new bytes4[](3);
        anyone[0] = IPremiumPools.fund.selector;
        anyone[1] = IPremiumPools.payChunk.selector;
        anyone[2] = IPremiumPools.release.selector;
        MANAGER.setTargetFunctionRole(address(POOLS), anyone, PUBLIC_ROLE);
    }
}
