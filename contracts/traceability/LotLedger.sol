// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IParties} from "../access/IParties.sol";
import {CollectHash} from "../libraries/CollectHash.sol";
import {ILotLedger} from "./ILotLedger.sol";

/// @title LotLedger
/// @notice The lots of recovered waste.
contract LotLedger is ILotLedger, AccessManaged {
    uint256 private constant CLOCK_TOLERANCE = 10 minutes;
    uint256 private constant LATE_KEY_TOLERANCE = 7 days;

    uint256 private constant ACTIVE = 1;
    uint256 private constant BOUND = 1 << 80;

    uint256 private constant REASON_SUSPENDED = 1;
    uint256 private constant REASON_LICENCE = 2;
    uint256 private constant REASON_CLOCK = 4;
    uint256 private constant REASON_LATE_KEY = 8;
    uint256 private constant FLAG_REVIEW = 8;

    IParties private immutable PARTIES;

    /// @dev The domain's verifying contract. It stays what it is when the authority is replaced: acts that are signed
    /// and not yet carried must remain good.
    address private immutable VERIFYING_CONTRACT;

    /// @inheritdoc ILotLedger
    mapping(bytes32 lot => uint256 word) public lots;

    /// @dev `collected 128 | concluded 128`
    uint256 private _totals;

    /// @param authority The AccessManager.
    /// @param parties The register of accounts and keys.
    constructor(address authority, address parties) AccessManaged(authority) {
        VERIFYING_CONTRACT = authority;
        PARTIES = IParties(parties);
    }

    // Anyone who carries acts

    /// @inheritdoc ILotLedger
    function recordCollects(CollectAct[] calldata acts, bytes[] calldata) external restricted {
        bytes32 domain = domainSeparator();
        bytes32[] memory digests = new bytes32[](acts.length);
        address[] memory accounts = new address[](2 * acts.length);
        bytes32[] memory keyIds = new bytes32[](2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            digests[i] = _recover(acts[i], domain, accounts, keyIds, 2 * i);
        }
        uint256[] memory credentials = PARTIES.credentials(accounts, keyIds);
        uint256 collected = 0;
        for (uint256 i = 0; i < acts.length; ++i) {
            bytes memory fault = _fault(acts[i], digests[i], keyIds, credentials, 2 * i);
            if (fault.length == 0) collected += _record(acts[i], digests[i], credentials, 2 * i);
            else emit Skipped(digests[i], digests[i], bytes4(fault));
        }
        // a collect adds less than 2^48 grams: 2^80 of them would be needed to overflow
        if (collected != 0) _totals += collected << 128;
    }

    // Anyone

    /// @inheritdoc ILotLedger
    function totals() external view returns (uint128 collected, uint128 concluded) {
        return (uint128(_totals >> 128), uint128(_totals));
    }

    /// @inheritdoc ILotLedger
    function collectDigest(CollectAct calldata act) external view returns (bytes32 digest) {
        return MessageHashUtils.toTypedDataHash(domainSeparator(), CollectHash.ofCollect(act));
    }

    /// @inheritdoc ILotLedger
    function checkCollect(CollectAct calldata act, bytes[] calldata) external view {
        address[] memory accounts = new address[](2);
        bytes32[] memory keyIds = new bytes32[](2);
        bytes32 digest = _recover(act, domainSeparator(), accounts, keyIds, 0);
        bytes memory fault = _fault(act, digest, keyIds, PARTIES.credentials(accounts, keyIds), 0);
        if (fault.length != 0) LowLevelCall.bubbleRevert(fault);
    }

    /// @inheritdoc ILotLedger
    function domainSeparator() public view returns (bytes32 separator) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("Tidemark"),
                    keccak256("1"),
                    block.chainid,
                    VERIFYING_CONTRACT
                )
            );
    }

    /// @dev Writes the lot and tells of it; returns its grams.
    function _record(
        CollectAct calldata act,
        bytes32 lot,
        uint256[] memory credentials,
        uint256 slot
    ) private returns (uint256 grams) {
        grams = uint48(act.giverTerms >> 48);
        uint256 capturedAt = uint40(act.giverTerms >> 8);
        uint16 class = uint16(act.keeperTerms >> 80);
        uint256 reasons = _reasons(class, capturedAt, credentials[slot], credentials[slot + 1]);
        uint256 flags = reasons == 0 ? 0 : FLAG_REVIEW;
        address keeper = address(uint160(act.keeperTerms >> 96));
        lots[lot] = (uint256(uint160(keeper)) << 96) | (grams << 48) | (uint256(class) << 8) | flags;
        emit Collected(
            lot,
            address(uint160(act.giverTerms >> 96)),
            keeper,
            class,
            (grams << 208) | (capturedAt << 168) | (reasons << 164) | (flags << 160),
            act.anchor,
            act.evidence
        );
    }

    /// @dev Computes the act's digest and, unless the act is a replay, puts both accounts and the keys that signed for
    /// them into the lists, collector at `slot`, keeper after it. A malformed signature leaves a zero key.
    function _recover(
        CollectAct calldata act,
        bytes32 domain,
        address[] memory accounts,
        bytes32[] memory keyIds,
        uint256 slot
    ) private view returns (bytes32 digest) {
        bytes32 collectHash = CollectHash.ofCollect(act);
        digest = MessageHashUtils.toTypedDataHash(domain, collectHash);
        // a replay is known before any signature is paid for
        if (lots[digest] != 0) return digest;
        bytes32 receipt = MessageHashUtils.toTypedDataHash(domain, CollectHash.ofReceipt(act, collectHash));
        accounts[slot] = address(uint160(act.giverTerms >> 96));
        accounts[slot + 1] = address(uint160(act.keeperTerms >> 96));
        keyIds[slot] = _signer(digest, act.giverR, act.giverVs);
        keyIds[slot + 1] = _signer(receipt, act.receiverR, act.receiverVs);
    }

    /// @dev Why the act cannot be recorded, as an encoded error; empty when it can. The only place that decides it: a
    /// batch takes the selector, {checkCollect} the whole.
    function _fault(
        CollectAct calldata act,
        bytes32 digest,
        bytes32[] memory keyIds,
        uint256[] memory credentials,
        uint256 slot
    ) private view returns (bytes memory fault) {
        // read again: the same act may stand twice in one batch
        if (lots[digest] != 0) return abi.encodeWithSelector(LotExists.selector, digest);
        if (uint48(act.giverTerms >> 48) == 0) return abi.encodeWithSelector(GramsMissing.selector, digest);
        address collector = address(uint160(act.giverTerms >> 96));
        if (credentials[slot] == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, collector);
        address keeper = address(uint160(act.keeperTerms >> 96));
        if (credentials[slot + 1] == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, keeper);
        uint256 capturedAt = uint40(act.giverTerms >> 8);
        fault = _keyFault(collector, keyIds[slot], credentials[slot], capturedAt);
        if (fault.length == 0) fault = _keyFault(keeper, keyIds[slot + 1], credentials[slot + 1], capturedAt);
    }

    /// @dev What is wrong in the paperwork of an act that can be recorded.
    function _reasons(
        uint256 class,
        uint256 capturedAt,
        uint256 collector,
        uint256 keeper
    ) private view returns (uint256 reasons) {
        if (_status(collector) != ACTIVE || _status(keeper) != ACTIVE) reasons |= REASON_SUSPENDED;
        if (!_licensed(keeper, class >> 10, capturedAt)) reasons |= REASON_LICENCE;
        if (capturedAt > block.timestamp + CLOCK_TOLERANCE) reasons |= REASON_CLOCK;
        uint256 until = uint40(collector) < uint40(keeper) ? uint40(collector) : uint40(keeper);
        if (block.timestamp > until + LATE_KEY_TOLERANCE) reasons |= REASON_LATE_KEY;
    }

    /// @dev The key that made a signature, as a key id; zero when the signature is malformed.
    function _signer(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (bytes32) {
        // the address is zero whenever there is an error: a high s, or nothing to recover
        (address key, , ) = ECDSA.tryRecover(digest, r, vs);
        return bytes32(uint256(uint160(key)));
    }

    function _keyFault(
        address account,
        bytes32 keyId,
        uint256 credential,
        uint256 capturedAt
    ) private pure returns (bytes memory fault) {
        address key = address(uint160(uint256(keyId)));
        if (keyId == 0 || credential & BOUND == 0) {
            return abi.encodeWithSelector(SignatureNotValid.selector, account, key);
        }
        uint40 from = uint40(credential >> 40);
        uint40 until = uint40(credential);
        if (capturedAt < from || capturedAt >= until) {
            return abi.encodeWithSelector(KeyNotValid.selector, account, key, from, until, capturedAt);
        }
    }

    /// @dev Whether the standing holds a licence of the kind, valid at that time. Kind 0 needs none.
    function _licensed(uint256 word, uint256 kind, uint256 time) private pure returns (bool) {
        if (kind == 0) return true;
        return (word >> (88 + kind)) & 1 != 0 && uint40(word >> 192) <= time && time < uint40(word >> 152);
    }

    function _status(uint256 word) private pure returns (uint256) {
        return (word >> 248) & 0x7f;
    }
}
