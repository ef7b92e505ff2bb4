// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {IParties} from "../access/IParties.sol";
import {Acts} from "../libraries/Acts.sol";
import {ILotLedger} from "./ILotLedger.sol";

/// @title LotLedger
/// @notice The lots of recovered waste.
contract LotLedger is ILotLedger, AccessManaged {
    using Arrays for bytes32[];
    using Arrays for uint256[];

    uint256 private constant CLOCK_TOLERANCE = 10 minutes;
    uint256 private constant LATE_KEY_TOLERANCE = 7 days;

    uint256 private constant DATE = type(uint40).max;
    uint256 private constant GRAMS = type(uint48).max;
    uint256 private constant CLASS = type(uint16).max;
    uint256 private constant CUSTODIAN = uint256(type(uint160).max) << 96;

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

    /// @notice Opens an empty ledger.
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
        bytes32[] memory query = Acts.inquiry(2 * acts.length);
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                digests[i] = _recover(acts[i], domain, query, i);
            }
        }
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        uint256 collected = 0;
        unchecked {
            for (uint256 i = 0; i < acts.length; ++i) {
                CollectAct calldata act = acts[i];
                bytes32 lot = digests.unsafeMemoryAccess(i);
                uint256 giver = credentials.unsafeMemoryAccess(2 * i);
                uint256 receiver = credentials.unsafeMemoryAccess(2 * i + 1);
                bytes memory fault = _fault(act, lot, giver, receiver, query, i);
                if (fault.length == 0) collected += _record(act, lot, giver, receiver);
                else emit Skipped(lot, lot, bytes4(fault));
            }
        }
        // an act adds less than 2^48 grams: 2^80 acts would be needed to overflow
        if (collected != 0) _totals += collected << 128;
    }

    // Anyone

    /// @inheritdoc ILotLedger
    function totals() external view returns (uint128 collected, uint128 concluded) {
        return (uint128(_totals >> 128), uint128(_totals));
    }

    /// @inheritdoc ILotLedger
    function collectDigest(CollectAct calldata act) external view returns (bytes32 digest) {
        (digest, ) = Acts.hashCollect(act, domainSeparator());
    }

    /// @inheritdoc ILotLedger
    function checkCollect(CollectAct calldata act, bytes[] calldata) external view {
        bytes32[] memory query = Acts.inquiry(2);
        bytes32 digest = _recover(act, domainSeparator(), query, 0);
        uint256[] memory credentials = Acts.ask(PARTIES, query);
        bytes memory fault = _fault(act, digest, credentials[0], credentials[1], query, 0);
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
        uint256 giver,
        uint256 receiver
    ) private returns (uint256 grams) {
        grams = (act.giverTerms >> 48) & GRAMS;
        uint256 capturedAt = (act.giverTerms >> 8) & DATE;
        uint256 class = (act.keeperTerms >> 80) & CLASS;
        uint256 reasons = _reasons(class, capturedAt, giver, receiver);
        uint256 flags = reasons == 0 ? 0 : FLAG_REVIEW;
        address keeper = address(uint160(act.keeperTerms >> 96));
        lots[lot] = (act.keeperTerms & CUSTODIAN) | (grams << 48) | (class << 8) | flags;
        emit Collected(
            lot,
            address(uint160(act.giverTerms >> 96)),
            keeper,
            uint16(class),
            (grams << 208) | (capturedAt << 168) | (reasons << 164) | (flags << 160),
            act.anchor,
            act.evidence
        );
    }

    /// @dev Computes the i-th act's digest and, unless the act is a replay, puts both accounts and the keys that signed
    /// for them into the inquiry. A malformed signature puts a zero key.
    function _recover(
        CollectAct calldata act,
        bytes32 domain,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes32 digest) {
        bytes32 receipt;
        (digest, receipt) = Acts.hashCollect(act, domain);
        // a replay is known before any signature is paid for
        if (lots[digest] != 0) return digest;
        (bytes32 giverKey, bytes32 receiverKey) = Acts.signers(act, digest, receipt);
        Acts.put(query, i, act.giverTerms >> 96, giverKey, act.keeperTerms >> 96, receiverKey);
    }

    /// @dev Why the act cannot be recorded, as an encoded error; empty when it can. The only place that decides it: a
    /// batch takes the selector, {checkCollect} the whole. `giver` and `receiver` are the register's answers for the
    /// collector and the keeper; `query` is the inquiry that it answered, in which the act is the i-th.
    function _fault(
        CollectAct calldata act,
        bytes32 digest,
        uint256 giver,
        uint256 receiver,
        bytes32[] memory query,
        uint256 i
    ) private view returns (bytes memory) {
        // read again: the same act may stand twice in one batch
        if (lots[digest] != 0) return abi.encodeWithSelector(LotExists.selector, digest);
        if ((act.giverTerms >> 48) & GRAMS == 0) return abi.encodeWithSelector(GramsMissing.selector, digest);
        uint256 capturedAt = (act.giverTerms >> 8) & DATE;
        if (_signs(giver, capturedAt) && _signs(receiver, capturedAt)) return "";
        address collector = address(uint160(act.giverTerms >> 96));
        address keeper = address(uint160(act.keeperTerms >> 96));
        if (giver == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, collector);
        if (receiver == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, keeper);
        return
            _signs(giver, capturedAt)
                ? _keyFault(keeper, query[5 + 4 * i], receiver, capturedAt)
                : _keyFault(collector, query[3 + 4 * i], giver, capturedAt);
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
        if (_endedLongAgo(collector) || _endedLongAgo(keeper)) reasons |= REASON_LATE_KEY;
    }

    /// @dev Whether the key that signed ended so long ago that nobody can tell when the act was really made.
    function _endedLongAgo(uint256 credential) private view returns (bool) {
        return block.timestamp > (credential & DATE) + LATE_KEY_TOLERANCE;
    }

    /// @dev Why a key does not sign for a registered account.
    function _keyFault(
        address account,
        bytes32 keyId,
        uint256 credential,
        uint256 capturedAt
    ) private pure returns (bytes memory) {
        address key = address(uint160(uint256(keyId)));
        if (credential & BOUND == 0) return abi.encodeWithSelector(SignatureNotValid.selector, account, key);
        return
            abi.encodeWithSelector(
                KeyNotValid.selector,
                account,
                key,
                uint40(credential >> 40),
                uint40(credential),
                capturedAt
            );
    }

    /// @dev Whether the key signs for the account, and did at that time. Nobody's key is zero, so a malformed signature
    /// never does.
    function _signs(uint256 credential, uint256 time) private pure returns (bool) {
        return credential & BOUND != 0 && time >= (credential >> 40) & DATE && time < credential & DATE;
    }

    /// @dev Whether the standing holds a licence of the kind, valid at that time. Kind 0 needs none.
    function _licensed(uint256 word, uint256 kind, uint256 time) private pure returns (bool) {
        if (kind == 0) return true;
        return (word >> (88 + kind)) & 1 != 0 && time >= (word >> 192) & DATE && time < (word >> 152) & DATE;
    }

    function _status(uint256 word) private pure returns (uint256) {
        return (word >> 248) & 0x7f;
    }
}
