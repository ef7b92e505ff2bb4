// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../access/IParties.sol";
import {ILotEvents} from "../traceability/ILotEvents.sol";
import {Faults} from "./Faults.sol";

/// @title Credentials
/// @notice What the register's word on a signatory ({IParties-credentials}) says of an act: whether the key speaks for the
/// account, and what is wrong with the papers.
library Credentials {
    using Faults for bytes4;

    uint256 internal constant DATE = type(uint40).max;
    uint256 private constant BOUND = 1 << 80;

    /// @notice Who signed, as the register knows them, and why that does not speak for the account, if so. One call of
    /// the register: for the acts that do not travel by the hundred.
    function find(
        IParties parties,
        address account,
        bytes32 keyId,
        uint256 time
    ) internal view returns (bytes memory fault, uint256 credential) {
        IParties.Signatory[] memory signatories = new IParties.Signatory[](1);
        signatories[0] = IParties.Signatory(account, keyId);
        credential = parties.credentials(signatories)[0];
        if (!signs(credential, time)) fault = _signerFault(account, keyId, credential, time);
    }

    /// @notice Why the i-th act of an inquiry is not signed by both, the giver first; `giver` and `receiver` are the answers.
    function pairFault(
        bytes32[] memory query,
        uint256 i,
        uint256 giver,
        uint256 receiver,
        uint256 time
    ) internal pure returns (bytes memory) {
        bool given = signs(giver, time);
        uint256 place = 4 * i + (given ? 4 : 2);
        return _signerFault(address(uint160(uint256(query[place]))), query[place + 1], given ? receiver : giver, time);
    }

    /// @notice Whether the key signs for the account, and did at that time. A key that does not has no dates, so no time is
    /// within them; nobody's key is zero, so a malformed signature is never by one that does.
    function signs(uint256 credential, uint256 time) internal pure returns (bool) {
        return time >= (credential >> 40) & DATE && time < credential & DATE;
    }

    /// @notice What is wrong in the papers of an act that can be recorded, as bits: 1 an account is not active, 2 the
    /// custodian lacked the licence, 4 captured more than 10 minutes in the future, 8 a key ended more than 7 days ago, so
    /// long that nobody can tell when the act was really made.
    /// @param class The lot class whose licence the custodian needs; below 1,024 where no licence is asked for.
    /// @param time When it was captured, in seconds since 1970.
    /// @param giver The credential of who signed first, and `custodian` that of who has the lot now.
    function irregularities(
        uint256 class,
        uint256 time,
        uint256 giver,
        uint256 custodian
    ) internal view returns (uint256 reasons) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let active := shl(248, 1)
            let odd := shl(1, or(xor(giver, active), xor(custodian, active)))
            let ended := sub(timestamp(), 604800) // 7 days
            let late := or(lt(and(giver, 0xffffffffff), ended), lt(and(custodian, 0xffffffffff), ended))
            reasons := or(gt(time, add(timestamp(), 600)), shl(1, late)) // 10 minutes
            reasons := or(gt(shr(249, odd), 0), shl(2, reasons))
            let kind := shr(10, class)
            if kind {
                // listed, and within the dates that all that are listed have in common
                let dated := lt(time, and(shr(152, custodian), 0xffffffffff))
                dated := gt(dated, lt(time, and(shr(192, custodian), 0xffffffffff)))
                reasons := or(reasons, shl(1, iszero(and(shr(add(88, kind), custodian), dated))))
            }
        }
    }

    /// @dev Why a key does not sign for an account.
    function _signerFault(
        address account,
        bytes32 keyId,
        uint256 credential,
        uint256 time
    ) private pure returns (bytes memory) {
        if (credential == 0) return ILotEvents.AccountNotRegistered.selector.because(account);
        if (credential & BOUND == 0) {
            return abi.encodeWithSelector(ILotEvents.SignatureNotValid.selector, account, keyId);
        }
        (uint40 from, uint40 until) = (uint40(credential >> 40), uint40(credential));
        return abi.encodeWithSelector(ILotEvents.KeyNotValid.selector, account, keyId, from, until, time);
    }
}
