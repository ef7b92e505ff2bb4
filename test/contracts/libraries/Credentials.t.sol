// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParties} from "../../../contracts/access/IParties.sol";
import {Credentials} from "../../../contracts/libraries/Credentials.sol";
import {Faults} from "../../../contracts/libraries/Faults.sol";
import {Inquiries} from "../../../contracts/libraries/Inquiries.sol";
import {ILotEvents} from "../../../contracts/traceability/ILotEvents.sol";
import {Dirty} from "../support/Dirty.sol";
import {VM} from "../support/Vm.sol";

/// @notice Runs the library over dirty memory.
contract CredentialsCaller is Dirty {
    function signs(uint256 credential, uint256 time) external view dirty returns (bool) {
        return Credentials.signs(credential, time);
    }

    function irregularities(
        uint256 class,
        uint256 time,
        uint256 giver,
        uint256 custodian
    ) external view dirty returns (uint256) {
        return Credentials.irregularities(class, time, giver, custodian);
    }

    function find(
        IParties parties,
        address account,
        bytes32 keyId,
        uint256 time
    ) external view dirty returns (bytes memory fault, uint256 credential) {
        return Credentials.find(parties, account, keyId, time);
    }

    /// @notice Of the i-th of so many acts; the others are by nobody.
    function pairFault(
        uint256 acts,
        uint256 i,
        IParties.Signatory[2] calldata pair,
        uint256[2] calldata words,
        uint256 time
    ) external view dirty returns (bytes memory) {
        bytes32[] memory query = Inquiries.begin(2 * acts);
        (uint256 giver, uint256 receiver) = (uint160(pair[0].account), uint160(pair[1].account));
        Inquiries.put(query, i, giver, pair[0].keyId, receiver, pair[1].keyId);
        return Credentials.pairFault(query, i, words[0], words[1], time);
    }

    function because(bytes4 error_, bytes32[3] calldata v) external view dirty returns (bytes[5] memory) {
        (address second, address third) = (address(uint160(uint256(v[1]))), address(uint160(uint256(v[2]))));
        return
            [
                Faults.because(error_, v[0]),
                Faults.because(error_, second),
                Faults.because(error_, v[0], uint256(v[1])),
                Faults.because(error_, v[0], uint256(v[1]), uint256(v[2])),
                Faults.because(error_, v[0], second, third)
            ];
    }
}

/// @notice A register that says one word of one signatory.
contract OneWord {
    uint256 private _word;
    IParties.Signatory private _about;

    function set(IParties.Signatory calldata about, uint256 word) external {
        (_about, _word) = (about, word);
    }

    function credentials(IParties.Signatory[] calldata s) external view returns (uint256[] memory words) {
        require(s.length == 1 && s[0].account == _about.account && s[0].keyId == _about.keyId, "another question");
        words = new uint256[](1);
        words[0] = _word;
    }
}

/// @notice What a credential says of an act, against one struct field for each fact.
contract CredentialsTest {
    /// @dev A register's word, field by field.
    struct Papers {
        uint8 status;
        uint16 kinds;
        uint40 licensedFrom;
        uint40 licensedUntil;
        uint64 licences;
        bool bound;
        uint40 from;
        uint40 until;
    }

    CredentialsCaller private immutable CALLER = new CredentialsCaller();
    OneWord private immutable REGISTER = new OneWord();

    function testFuzz_signs_agreesWithPlainDates(Papers memory p, uint40 time, uint8 how) external view {
        _draw(p, time, how);
        assert(CALLER.signs(_pack(p), time) == _signs(p, time));
    }

    /// @dev Each of the four things is wrong in about half of the cases, and dates stand on their bounds in many.
    function testFuzz_irregularities_agreesWithPlainComparisons(
        Papers memory giver,
        Papers memory custodian,
        uint40 time,
        uint16 class,
        uint256 how
    ) external {
        uint40 now_ = 30 days + (uint40(how >> 8) % (type(uint40).max - 60 days));
        VM.warp(now_);
        if (how % 2 == 0) time = now_ + 10 minutes + uint40((how >> 1) % 3) - 2;
        else if (how % 4 == 1) time = time % now_;
        time = 1 + (time % (type(uint40).max - 10));
        if (how % 8 < 4) class = class % 1_024;
        _stand(giver, time, now_, uint8(how >> 48));
        _stand(custodian, time, now_, uint8(how >> 56));
        uint256 expected = giver.status % 128 != 1 || custodian.status % 128 != 1 ? 1 : 0;
        uint256 kind = class / 1_024;
        bool held = (custodian.licences >> kind) % 2 == 1;
        bool dated = custodian.licensedFrom <= time && time < custodian.licensedUntil;
        if (kind != 0 && !(held && dated)) expected += 2;
        if (time > now_ + 10 minutes) expected += 4;
        if (giver.until + 7 days < now_ || custodian.until + 7 days < now_) expected += 8;
        assert(CALLER.irregularities(class, time, _pack(giver), _pack(custodian)) == expected);
    }

    function testFuzz_find_tellsWhyTheKeyDoesNotSpeak(
        IParties.Signatory memory who,
        Papers memory p,
        uint40 time,
        uint8 how
    ) external {
        _draw(p, time, how);
        uint256 word = how % 5 == 4 ? 0 : _pack(p);
        REGISTER.set(who, word);
        (bytes memory fault, uint256 credential) = CALLER.find(
            IParties(address(REGISTER)),
            who.account,
            who.keyId,
            time
        );
        assert(credential == word);
        if (word != 0 && _signs(p, time)) assert(fault.length == 0);
        else assert(keccak256(fault) == keccak256(_fault(who, word, p, time)));
    }

    /// @dev The giver's fault comes first.
    function testFuzz_pairFault_tellsOfTheFirstWhoDoesNotSign(
        IParties.Signatory[2] memory pair,
        Papers[2] memory papers,
        uint40 time,
        uint256 how
    ) external view {
        uint256[2] memory words;
        for (uint256 i = 0; i < 2; ++i) {
            _draw(papers[i], time, uint8(how >> (8 * i)));
            words[i] = (how >> (8 * i)) % 5 == 4 ? 0 : _pack(papers[i]);
        }
        bool given = words[0] != 0 && _signs(papers[0], time);
        uint256 who = given ? 1 : 0;
        if (given && words[1] != 0 && _signs(papers[1], time)) words[1] = 0;
        uint256 acts = 1 + ((how >> 16) % 4);
        bytes memory fault = CALLER.pairFault(acts, (how >> 24) % acts, pair, words, time);
        assert(keccak256(fault) == keccak256(_fault(pair[who], words[who], papers[who], time)));
    }

    function testFuzz_because_agreesWithPlainEncoding(bytes4 error_, bytes32[3] memory v) external view {
        bytes[5] memory faults = CALLER.because(error_, v);
        address second = address(uint160(uint256(v[1])));
        assert(keccak256(faults[0]) == keccak256(abi.encodePacked(error_, v[0])));
        assert(keccak256(faults[1]) == keccak256(abi.encodeWithSelector(error_, second)));
        assert(keccak256(faults[2]) == keccak256(abi.encodePacked(error_, v[0], v[1])));
        assert(keccak256(faults[3]) == keccak256(abi.encodePacked(error_, v)));
        address third = address(uint160(uint256(v[2])));
        assert(keccak256(faults[4]) == keccak256(abi.encodeWithSelector(error_, v[0], second, third)));
    }

    /// @dev A key that is bound signs in three cases of four; one that is not has no dates. A closed key may have ended
    /// before it began.
    function _draw(Papers memory p, uint40 time, uint8 how) private pure {
        p.bound = how % 5 < 3;
        if (!p.bound) (p.from, p.until) = (0, 0);
        else if (how % 4 == 0) (p.from, p.until) = (time, time == type(uint40).max ? time : time + 1);
        else if (how % 4 == 1) p.from = p.from % (time == 0 ? 1 : time);
        else if (how % 4 == 2) (p.from, p.until) = (0, how % 8 == 2 ? time : type(uint40).max);
    }

    function _stand(Papers memory p, uint40 time, uint40 now_, uint8 how) private pure {
        if (how % 4 != 0) p.status = how % 8 < 4 ? 1 : 129;
        if (how % 3 != 0) p.licences |= (p.licences << 1) | (p.licences >> 1);
        if (how % 16 > 2) (p.licensedFrom, p.licensedUntil) = (time - (how % 2), time + 1 + (how % 5));
        if (how % 16 == 1) p.licensedUntil = time;
        if (how % 16 == 2) p.licensedFrom = time + 1;
        // a week after its end a key's act is not late yet, a second later it is
        if (how % 64 < 60) p.until = how % 64 < 40 ? now_ : now_ - 7 days - 1 + (how % 3);
        p.until = p.until % (type(uint40).max - 7 days);
    }

    function _fault(
        IParties.Signatory memory who,
        uint256 word,
        Papers memory p,
        uint40 time
    ) private pure returns (bytes memory) {
        if (word == 0) return abi.encodeWithSelector(ILotEvents.AccountNotRegistered.selector, who.account);
        if (!p.bound) return abi.encodeWithSelector(ILotEvents.SignatureNotValid.selector, who.account, who.keyId);
        bytes4 selector = ILotEvents.KeyNotValid.selector;
        return abi.encodeWithSelector(selector, who.account, who.keyId, p.from, p.until, time);
    }

    function _signs(Papers memory p, uint40 time) private pure returns (bool) {
        return p.bound && p.from <= time && time < p.until;
    }

    function _pack(Papers memory p) private pure returns (uint256) {
        bytes memory standing = abi.encodePacked(p.status, p.kinds, p.licensedFrom, p.licensedUntil, p.licences);
        return uint256(bytes32(abi.encodePacked(standing, uint8(p.bound ? 1 : 0), p.from, p.until)));
    }
}
