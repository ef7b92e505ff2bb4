// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IParties} from "../access/IParties.sol";
import {Acts} from "../libraries/Acts.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {ILotLedger} from "./ILotLedger.sol";

/// @title Paperwork
/// @notice Who signed an act, whether that speaks for the account, and what is wrong with its papers.
/// @dev A credential is what {IParties-credentials} answers for one signatory.
abstract contract Paperwork is ILotLedger, AccessManaged {
    uint256 private constant CLOCK_TOLERANCE = 10 minutes;
    uint256 private constant LATE_KEY_TOLERANCE = 7 days;

    uint256 internal constant DATE = type(uint40).max;
    uint256 private constant ACTIVE = 1;
    uint256 private constant BOUND = 1 << 80;

    uint256 private constant REASON_SUSPENDED = 1;
    uint256 private constant REASON_LICENCE = 2;
    uint256 private constant REASON_CLOCK = 4;
    uint256 private constant REASON_LATE_KEY = 8;

    IParties internal immutable PARTIES;

    /// @dev The domain's verifying contract. It stays what it is when the authority is replaced: acts that are signed
    /// and not yet carried must remain good.
    address private immutable VERIFYING_CONTRACT;

    constructor(address authority, address parties) AccessManaged(authority) {
        VERIFYING_CONTRACT = authority;
        PARTIES = IParties(parties);
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

    /// @dev Who signed, as the register knows them, and why that does not speak for the account, if so. One call of the
    /// register: for the acts that do not travel by the hundred.
    function _credential(
        address account,
        bytes32 keyId,
        uint256 time
    ) internal view returns (bytes memory fault, uint256 credential) {
        IParties.Signatory[] memory signatories = new IParties.Signatory[](1);
        signatories[0] = IParties.Signatory(account, keyId);
        credential = PARTIES.credentials(signatories)[0];
        if (!_signs(credential, time)) fault = _signerFault(account, keyId, credential, time);
    }

    /// @dev Why the i-th act of an inquiry is not signed by both; `giver` and `receiver` are the answers, not both good.
    function _queriedFault(
        bytes32[] memory query,
        uint256 i,
        uint256 giver,
        uint256 receiver,
        uint256 time
    ) internal pure returns (bytes memory) {
        address from = address(uint160(uint256(query[2 + 4 * i])));
        address to = address(uint160(uint256(query[4 + 4 * i])));
        if (giver == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, from);
        if (receiver == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, to);
        return
            _signs(giver, time)
                ? _signerFault(to, query[5 + 4 * i], receiver, time)
                : _signerFault(from, query[3 + 4 * i], giver, time);
    }

    /// @dev What is wrong in the papers of an act that can be recorded: bits of `reasons 4`.
    /// @param class The lot class whose licence the custodian needs; 0 where no licence is asked for.
    function _reasons(
        uint256 class,
        uint256 capturedAt,
        uint256 giver,
        uint256 custodian
    ) internal view returns (uint256 reasons) {
        if ((giver >> 248) & 0x7f != ACTIVE || (custodian >> 248) & 0x7f != ACTIVE) reasons = REASON_SUSPENDED;
        uint256 kind = class >> 10;
        if (kind != 0 && !_licensed(custodian, kind, capturedAt)) reasons |= REASON_LICENCE;
        if (capturedAt > block.timestamp + CLOCK_TOLERANCE) reasons |= REASON_CLOCK;
        // so long ago that nobody can tell when the act was really made
        uint256 ended = block.timestamp - LATE_KEY_TOLERANCE;
        if (giver & DATE < ended || custodian & DATE < ended) reasons |= REASON_LATE_KEY;
    }

    /// @dev Whether the key signs for the account, and did at that time. Nobody's key is zero, so a malformed signature
    /// never does.
    function _signs(uint256 credential, uint256 time) internal pure returns (bool) {
        return credential & BOUND != 0 && time >= (credential >> 40) & DATE && time < credential & DATE;
    }

    /// @dev Whether the standing holds a licence of the kind, valid at that time.
    function _licensed(uint256 word, uint256 kind, uint256 time) private pure returns (bool) {
        return (word >> (88 + kind)) & 1 != 0 && time >= (word >> 192) & DATE && time < (word >> 152) & DATE;
    }

    /// @dev Why a key does not sign for an account.
    function _signerFault(
        address account,
        bytes32 keyId,
        uint256 credential,
        uint256 time
    ) private pure returns (bytes memory) {
        if (credential == 0) return abi.encodeWithSelector(AccountNotRegistered.selector, account);
        if (credential & BOUND == 0) return abi.encodeWithSelector(SignatureNotValid.selector, account, keyId);
        (uint40 from, uint40 until) = (uint40(credential >> 40), uint40(credential));
        return abi.encodeWithSelector(KeyNotValid.selector, account, keyId, from, until, time);
    }
}
