// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IParties
/// @notice Who takes part, under which licences, and which keys sign for them. An account is an address-shaped id of a party or a facility; it is not a key. Nothing here names a person:
/// identities are salted hashes of records kept off the chain.
/// @dev Packed words list their fields from the highest bit down; bits that are not listed are the lowest and are zero.
///
/// standing: `status 8 | kinds 16 | licensedFrom 40 | licensedUntil 40 | licences 64 | spare 88`
///
/// - status: 0 unregistered, 1 active, 2 suspended, 3 closed; bit 7 says that the account's own key is dated in `keys`.
/// - kinds: bit 0 person, 1 organisation, 2 facility, 3 vessel, 4 verifier, 5 bank, 6 system.
/// - licences: bit k is set while the account holds a licence of kind k (1 to 63); licensedFrom and licensedUntil are
///   the intersection of the dates of all the licences it holds, both zero when it holds none.
///
/// key: `account 160 | from 40 | until 40 | spare 16`; a key is valid in [from, until), in seconds since 1970.
///
/// An account whose id is a secp256k1 address signs with that key, without a date, unless bit 7 of its status is set.
interface IParties {
    /// @notice What the registry says of a new account.
    /// @param account The id: a secp256k1 address, or zero for an account without a key of its own (a facility), whose
    /// id is then {accountFor} its identity hash.
    /// @param kinds What it is, as bits.
    /// @param identityHash Salted hash of the identity record kept off the chain.
    /// @param organiser The account that brought it in, or zero.
    /// @param region Administrative region code.
    /// @param successor The account that takes over when this one ends, or zero.
    struct Registration {
        address account;
        uint16 kinds;
        bytes32 identityHash;
        address organiser;
        uint16 region;
        address successor;
    }

    /// @notice An account, and a key that claims to sign for it.
    struct Signatory {
        address account;
        bytes32 keyId;
    }

    /// @notice An account was registered: its standing is active, of these kinds, without licences.
    event AccountRegistered(
        address indexed account,
        uint16 kinds,
        bytes32 identityHash,
        address organiser,
        uint16 region,
        address successor
    );

    /// @notice A standing word changed, for any reason but the registration itself.
    /// @param word The whole new word.
    /// @param basis The decision, document or key it rests on.
    event StandingChanged(address indexed account, uint256 word, bytes32 basis);

    /// @notice A licence was granted, or its dates or capacity were replaced.
    event LicenceGranted(
        address indexed account,
        uint16 indexed kind,
        uint40 from,
        uint40 until,
        uint64 capacityGrams,
        bytes32 document
    );

    /// @notice A licence was withdrawn.
    event LicenceRevoked(address indexed account, uint16 indexed kind, bytes32 basis);

    /// @notice A key was bound to an account, or its end was brought forward.
    event KeyBound(address indexed account, bytes32 indexed keyId, uint40 from, uint40 until);

    /// @notice Thrown when an account that is to be registered already is.
    error AccountExists(address account);

    /// @notice Thrown when an account that is to be changed is not registered.
    error AccountUnknown(address account);

    /// @notice Thrown when an account is to be registered under an id whose key already signs for another account.
    error AccountIsKey(address account, address signsFor);

    /// @notice Thrown when a status is none of active, suspended, closed.
    error StatusUnknown(uint8 status);

    /// @notice Thrown when a key is bound that was bound before, or that is another registered account's own.
    error KeyTaken(bytes32 keyId, address account);

    /// @notice Thrown when a key that is to be closed was never bound, and when the zero key is to be bound.
    error KeyUnknown(bytes32 keyId);

    /// @notice Thrown when closing a key would not bring its end forward.
    error KeyNotShortened(bytes32 keyId, uint40 until, uint40 current);

    /// @notice Thrown when a period ends before or as it begins.
    error PeriodEmpty(uint40 from, uint40 until);

    /// @notice Thrown when a licence kind is not between 1 and 63: kind 0 means that no licence is needed.
    error LicenceKindUnknown(uint16 kind);

    /// @notice Thrown when a licence that is to be revoked is not held.
    error LicenceNotHeld(address account, uint16 kind);

    /// @notice Registers accounts, all or none. 500 fit one transaction.
    function register(Registration[] calldata registrations) external;

    /// @notice Activates, suspends or closes an account. Acts of a suspended or closed account are recorded, flagged
    /// for review.
    /// @param basis Hash of the decision.
    function setStatus(address account, uint8 status, bytes32 basis) external;

    /// @notice Lets a key sign for an account in [from, until). A key is bound once, ever.
    /// @dev Binding an account's own id as a key dates that key, from then on: bit 7 of its status.
    /// @param keyId A secp256k1 address, left-padded, or keccak256(qx, qy) of a P-256 key.
    function bindKey(address account, bytes32 keyId, uint40 from, uint40 until) external;

    /// @notice Brings a key's end forward. It can never be moved back.
    /// @dev Warning: roles are granted to keys in the authority; whoever closes a key that holds some revokes them there.
    function closeKey(bytes32 keyId, uint40 until) external;

    /// @notice Grants a licence, or replaces the dates and the capacity of one already held.
    /// @dev Warning: acts are held against the intersection of all licences' dates. Renewing one by a period that has
    /// not begun puts the acts of the gap under review; renew with the period that contains both.
    /// @param capacityGrams What a facility may hold in stock; checked by readers, not here.
    /// @param document Digest of the licence document.
    function grantLicence(
        address account,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 capacityGrams,
        bytes32 document
    ) external;

    /// @notice Withdraws a licence.
    /// @param basis Hash of the decision.
    function revokeLicence(address account, uint16 kind, bytes32 basis) external;

    /// @notice The standing word of an account; zero when it is not registered.
    function standing(address account) external view returns (uint256 word);

    /// @notice The standing words of many accounts, in one call.
    function standings(address[] calldata accounts) external view returns (uint256[] memory words);

    /// @notice The key word; zero when the key was never bound.
    function keys(bytes32 keyId) external view returns (uint256 word);

    /// @notice The account that a secp256k1 key acts for in a direct transaction in this block, or zero.
    /// @dev Says nothing of the account's status, which is the caller's to judge.
    function accountOf(address key) external view returns (address account);

    /// @notice The id of an account without a key of its own:
    /// the low 160 bits of keccak256(abi.encode("tidemark.account", chainId, authority, identityHash)).
    function accountFor(bytes32 identityHash) external view returns (address account);

    /// @notice For each signatory: the account's standing, and what it says of the key.
    /// @dev One call for a whole batch of acts. Word: `standing 168 | bound 8 | from 40 | until 40`. bound is 1 when the
    /// key signs for the account, and only then are the dates set; an undated own key is valid in [0, 2^40 - 1).
    function credentials(Signatory[] calldata signatories) external view returns (uint256[] memory words);
}
