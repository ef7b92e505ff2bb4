// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IActors} from "./IActors.sol";
import {IParties} from "./IParties.sol";

/// @title Actors
/// @notice Who acts in a direct transaction: the account that the sender's key signs for, never the key.
abstract contract Actors is IActors, AccessManaged {
    IParties internal immutable PARTIES;

    constructor(address authority, IParties parties) AccessManaged(authority) {
        PARTIES = parties;
    }

    /// @dev The active account that the sender acts for.
    function _actor() internal view returns (address account) {
        account = _caller();
        _requireActive(account);
    }

    /// @dev As {_actor}, whatever the account's status: for role holders, whose role is what counts.
    function _caller() internal view returns (address account) {
        _requireSeen();
        account = PARTIES.accountOf(msg.sender);
        if (account == address(0)) revert ActorUnknown(msg.sender);
    }

    /// @dev For functions that ask for the key that calls, and not for its account.
    function _requireSeen() internal view {
        if (msg.sender == authority()) revert ActorHidden();
    }

    function _requireActive(address account) internal view {
        if (!_isActive(PARTIES.standing(account))) revert AccountNotActive(account);
    }

    /// @dev Whether a key holds a role, for functions whose roles depend on more than their name.
    function _hasRole(uint64 role, address key) internal view returns (bool isMember) {
        (isMember, ) = IAccessManager(authority()).hasRole(role, key);
    }

    /// @dev Of a standing word: status 1, whether or not the account's own key is dated.
    function _isActive(uint256 standing) internal pure returns (bool) {
        return (standing >> 248) & 0x7f == 1;
    }
}
