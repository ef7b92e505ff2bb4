// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Inquiries} from "../libraries/Inquiries.sol";
import {IParties} from "./IParties.sol";

/// @title Parties
/// @notice The register of accounts, their keys and their licences.
contract Parties is IParties, AccessManaged {
    uint8 private constant ACTIVE = 1;
    uint8 private constant CLOSED = 3;
    uint256 private constant OWN_KEY_DATED = 1 << 255;
    uint256 private constant STATUS_BITS = uint256(0x7f) << 248;
    uint256 private constant LICENCE_BITS = uint256(type(uint64).max) << 88;
    uint256 private constant DATE_BITS = uint256(type(uint80).max) << 152;

    /// @dev Part of the preimage of derived ids, which stay what they are when the authority is replaced.
    address private immutable ID_AUTHORITY;

    /// @inheritdoc IParties
    mapping(address account => uint256 word) public standing;

    /// @inheritdoc IParties
    mapping(bytes32 keyId => uint256 word) public keys;

    /// @dev `from 40 | until 40` of each licence held, in the lowest bits: what the intersection is computed from.
    mapping(address account => mapping(uint256 kind => uint256 dates)) private _licences;

    /// @notice Opens an empty register.
    /// @param authority The AccessManager.
    constructor(address authority) AccessManaged(authority) {
        ID_AUTHORITY = authority;
    }

    // The registry

    /// @inheritdoc IParties
    function register(Registration[] calldata registrations) external restricted {
        for (uint256 i = 0; i < registrations.length; ++i) {
            Registration calldata r = registrations[i];
            address account = r.account == address(0) ? accountFor(r.identityHash) : r.account;
            if (standing[account] != 0) revert AccountExists(account);
            uint256 key = keys[_idOf(account)];
            if (key != 0) revert AccountIsKey(account, _accountOf(key));
            standing[account] = (uint256(ACTIVE) << 248) | (uint256(r.kinds) << 232);
            emit AccountRegistered(account, r.kinds, r.identityHash, r.organiser, r.region, r.successor);
        }
    }

    /// @inheritdoc IParties
    function setStatus(address account, uint8 status, bytes32 basis) external restricted {
        if (status < ACTIVE || status > CLOSED) revert StatusUnknown(status);
        uint256 word = _registered(account);
        _setStanding(account, (word & ~STATUS_BITS) | (uint256(status) << 248), basis);
    }

    /// @inheritdoc IParties
    function bindKey(address account, bytes32 keyId, uint40 from, uint40 until) external restricted {
        if (until <= from) revert PeriodEmpty(from, until);
        if (keyId == 0) revert KeyUnknown(keyId);
        if (keys[keyId] != 0) revert KeyTaken(keyId, _accountOf(keys[keyId]));
        uint256 word = _registered(account);
        if (keyId == _idOf(account)) {
            _setStanding(account, word | OWN_KEY_DATED, keyId);
        } else {
            // one key must never speak for two accounts: its own, undated, and this one
            address own = address(uint160(uint256(keyId)));
            if (_idOf(own) == keyId && standing[own] != 0) revert KeyTaken(keyId, own);
        }
        _setKey(account, keyId, from, until);
    }

    /// @inheritdoc IParties
    function closeKey(bytes32 keyId, uint40 until) external restricted {
        uint256 key = keys[keyId];
        if (key == 0) revert KeyUnknown(keyId);
        uint40 current = uint40(key >> 16);
        if (until >= current) revert KeyNotShortened(keyId, until, current);
        _setKey(_accountOf(key), keyId, uint40(key >> 56), until);
    }

    /// @inheritdoc IParties
    function grantLicence(
        address account,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 capacityGrams,
        bytes32 document
    ) external restricted {
        if (kind == 0 || kind > 63) revert LicenceKindUnknown(kind);
        if (until <= from) revert PeriodEmpty(from, until);
        uint256 word = _registered(account);
        _licences[account][kind] = (uint256(from) << 40) | until;
        emit LicenceGranted(account, kind, from, until, capacityGrams, document);
        _setStanding(account, _withDates(account, word | _licenceBit(kind)), document);
    }

    /// @inheritdoc IParties
    function revokeLicence(address account, uint16 kind, bytes32 basis) external restricted {
        if (kind == 0 || kind > 63) revert LicenceKindUnknown(kind);
        uint256 word = _registered(account);
        if (word & _licenceBit(kind) == 0) revert LicenceNotHeld(account, kind);
        delete _licences[account][kind];
        emit LicenceRevoked(account, kind, basis);
        _setStanding(account, _withDates(account, word & ~_licenceBit(kind)), basis);
    }

    // Anyone

    /// @inheritdoc IParties
    function accountOf(address key) external view returns (address account) {
        uint256 word = keys[_idOf(key)];
        if (word != 0) {
            bool valid = uint40(word >> 56) <= block.timestamp && block.timestamp < uint40(word >> 16);
            return valid ? _accountOf(word) : address(0);
        }
        return standing[key] == 0 ? address(0) : key;
    }

    /// @inheritdoc IParties
    function standings(address[] calldata accounts) external view returns (uint256[] memory words) {
        words = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) words[i] = standing[accounts[i]];
    }

    /// @inheritdoc IParties
    function credentials(Signatory[] calldata signatories) external view returns (uint256[] memory) {
        Inquiries.answer(signatories, standing, keys);
    }

    /// @inheritdoc IParties
    function accountFor(bytes32 identityHash) public view returns (address account) {
        bytes32 hash = keccak256(abi.encode("tidemark.account", block.chainid, ID_AUTHORITY, identityHash));
        return address(uint160(uint256(hash)));
    }

    function _setStanding(address account, uint256 word, bytes32 basis) private {
        standing[account] = word;
        emit StandingChanged(account, word, basis);
    }

    function _setKey(address account, bytes32 keyId, uint40 from, uint40 until) private {
        keys[keyId] = (uint256(uint160(account)) << 96) | (uint256(from) << 56) | (uint256(until) << 16);
        emit KeyBound(account, keyId, from, until);
    }

    function _registered(address account) private view returns (uint256 word) {
        word = standing[account];
        if (word == 0) revert AccountUnknown(account);
    }

    /// @dev The word with the intersection of the dates of the licences it lists. Recomputed in full, since removing or
    /// renewing a licence may widen it again.
    function _withDates(address account, uint256 word) private view returns (uint256) {
        uint256 from = 0;
        uint256 until = type(uint40).max;
        for (uint256 kind = 1; kind < 64; ++kind) {
            if (word & _licenceBit(kind) == 0) continue;
            uint256 dates = _licences[account][kind];
            if (dates >> 40 > from) from = dates >> 40;
            if (uint40(dates) < until) until = uint40(dates);
        }
        if (word & LICENCE_BITS == 0) until = 0;
        return (word & ~DATE_BITS) | (from << 192) | (until << 152);
    }

    function _licenceBit(uint256 kind) private pure returns (uint256) {
        return 1 << (88 + kind);
    }

    function _accountOf(uint256 key) private pure returns (address) {
        return address(uint160(key >> 96));
    }

    function _idOf(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
