// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {ActHashes} from "../../../contracts/libraries/ActHashes.sol";
import {Acts} from "../../../contracts/libraries/Acts.sol";
import {Inquiries} from "../../../contracts/libraries/Inquiries.sol";
import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {Messages} from "../support/Messages.sol";
import {Signing} from "../support/Signing.sol";
import {VM} from "../support/Vm.sol";

/// @notice Gives the library calldata to read, and a free memory pointer over dirty memory, which must not matter.
contract ActsCaller {
    modifier dirty() {
        bytes memory dirt = abi.encode(msg.data, gasleft(), msg.data);
        assembly ("memory-safe") {
            // forgotten, but not wiped
            mstore(0x40, dirt)
        }
        _;
    }

    function hashCollect(
        ILotActs.CollectAct calldata act,
        bytes32 domain
    ) external view dirty returns (bytes32 digest, bytes32 structHash) {
        return Acts.hashCollect(act, domain);
    }

    function hashHandoff(
        ILotActs.HandoffAct calldata act,
        bytes32 domain
    ) external view dirty returns (bytes32 digest, bytes32 structHash) {
        return Acts.hashHandoff(act, domain);
    }

    function hashReceipt(
        bytes32 receiptType,
        bytes32 structHash,
        bytes32 signatureHash,
        bytes32 domain
    ) external view dirty returns (bytes32) {
        return Acts.hashReceipt(receiptType, structHash, signatureHash, domain);
    }

    function recover(bytes32 digest, bytes32 r, bytes32 vs) external view dirty returns (bytes32) {
        return Signatures.recover(digest, r, vs);
    }

    function hashOf(ILotActs.SplitAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashSplit(act);
    }

    function hashOf(ILotActs.TransformAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashTransform(act);
    }

    function hashOf(ILotActs.ConcludeAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashConclude(act);
    }

    function hashOf(ILotActs.PassTitleAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashPassTitle(act);
    }
}

/// @notice Answers an inquiry with a word that depends on all of it, or reverts as told.
contract Echo {
    error Refused(uint256 count);

    bool private immutable REFUSES;

    constructor(bool refuses) {
        REFUSES = refuses;
    }

    function credentials(IParties.Signatory[] calldata signatories) external view returns (uint256[] memory words) {
        if (REFUSES) revert Refused(signatories.length);
        words = new uint256[](signatories.length);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = uint256(keccak256(abi.encode(i, signatories[i].account, signatories[i].keyId)));
        }
    }
}

/// @notice Answers any call with the bytes it was made with, or reverts with them.
contract Answer {
    bytes private _bytes;
    bool private _reverts;

    constructor(bytes memory answer, bool reverts) {
        (_bytes, _reverts) = (answer, reverts);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory answer = _bytes;
        if (!_reverts) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @notice The assembly agrees with plain Solidity and with OpenZeppelin; so does the hashing of the other acts.
contract ActsTest {
    using Messages for *;

    ActsCaller private immutable CALLER = new ActsCaller();
    Echo private immutable ECHO = new Echo(false);
    Echo private immutable REFUSING = new Echo(true);

    function testFuzz_hashCollect_agreesWithPlainEncoding(
        Messages.Collect memory c,
        bytes32 domain,
        uint8 spareLow,
        uint80 spare
    ) external view {
        ILotActs.CollectAct memory act = Signing.pack(c);
        act.giverTerms |= spareLow;
        act.keeperTerms |= spare;
        (bytes32 digest, bytes32 structHash) = CALLER.hashCollect(act, domain);
        assert(structHash == c.hashOf());
        assert(digest == domain.digest(structHash));
    }

    function testFuzz_hashHandoff_agreesWithPlainEncoding(
        Messages.Handoff memory h,
        bytes32 domain,
        uint24 spare
    ) external view {
        ILotActs.HandoffAct memory act = Signing.pack(h);
        act.when |= spare;
        (bytes32 digest, bytes32 structHash) = CALLER.hashHandoff(act, domain);
        assert(structHash == h.hashOf());
        assert(digest == domain.digest(structHash));
    }

    function testFuzz_hashReceipt_agreesWithPlainEncoding(
        bytes32 structHash,
        bytes memory signature,
        bytes32 domain
    ) external view {
        bytes32 signed = keccak256(signature);
        bytes32 receipt = CALLER.hashReceipt(ActHashes.COLLECT_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.collectReceipt(signature)));
        receipt = CALLER.hashReceipt(ActHashes.HANDOFF_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.handoffReceipt(signature)));
        receipt = CALLER.hashReceipt(ActHashes.TITLE_RECEIPT_TYPE, structHash, signed, domain);
        assert(receipt == domain.digest(structHash.titleReceipt(signature)));
    }

    function testFuzz_hashSplit_agreesWithPlainEncoding(ILotActs.SplitAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashTransform_agreesWithPlainEncoding(ILotActs.TransformAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashConclude_agreesWithPlainEncoding(ILotActs.ConcludeAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashPassTitle_agreesWithPlainEncoding(ILotActs.PassTitleAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_recover_givenRealSignatures_thenTheKey(uint256 privateKey, bytes32 digest) external view {
        privateKey = _privateKey(privateKey);
        (bytes32 r, bytes32 vs) = Signing.compact(privateKey, digest);
        assert(CALLER.recover(digest, r, vs) == _padded(VM.addr(privateKey)));
    }

    /// @dev Half of the arbitrary values have an r that is on no curve: they must give a zero key.
    function testFuzz_recover_givenAnything_thenAsOpenZeppelin(bytes32 digest, bytes32 r, bytes32 vs) external view {
        (address signer, , ) = ECDSA.tryRecover(digest, r, vs);
        assert(CALLER.recover(digest, r, vs) == _padded(signer));
    }

    /// @dev A compact signature has room for a high s only between half the order and 2^255.
    function testFuzz_recover_whenSIsHigh_thenZero(uint256 privateKey, bytes32 digest, uint256 seed) external view {
        uint256 halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
        (bytes32 r, ) = Signing.compact(_privateKey(privateKey), digest);
        bytes32 vs = bytes32(halfOrder + 1 + (seed % ((1 << 255) - 1 - halfOrder)));
        // the curve itself would take it
        assert(ecrecover(digest, 27, r, vs) != address(0));
        assert(CALLER.recover(digest, r, vs) == 0);
    }

    /// @dev What comes after the first word does not matter; a shorter answer is none.
    function testFuzz_answers_agreesWithAPlainCall(bytes memory answer, bytes32 word, uint8 how) external {
        if (how & 1 != 0) answer = abi.encodePacked(word, answer);
        Answer target = new Answer(answer, how & 2 != 0);
        (bool ok, bytes memory said) = address(target).staticcall("question");
        bool expected = ok && said.length > 31 && bytes32(said) == word;
        assert(Signatures.answers(address(target), gasleft(), "question", word) == expected);
        assert(!Signatures.answers(address(target), 100, "question", word));
        assert(!Signatures.answers(address(uint160(uint256(keccak256(answer)))), gasleft(), "question", word));
    }

    function testFuzz_ask_agreesWithAPlainCall(uint256[4][] memory acts, uint8 dirt) external view {
        bytes32[] memory query = Inquiries.begin(2 * acts.length);
        IParties.Signatory[] memory signatories = new IParties.Signatory[](2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            uint256 giver = acts[i][0] >> 96;
            uint256 receiver = acts[i][2] >> 96;
            Inquiries.put(query, i, giver, bytes32(acts[i][1]), receiver, bytes32(acts[i][3]));
            signatories[2 * i] = IParties.Signatory(address(uint160(giver)), bytes32(acts[i][1]));
            signatories[2 * i + 1] = IParties.Signatory(address(uint160(receiver)), bytes32(acts[i][3]));
        }
        uint256[] memory words = Inquiries.ask(IParties(address(ECHO)), query);
        bytes memory after_ = new bytes(dirt); // what is allocated next must not overlap the answer
        for (uint256 i = 0; i < dirt; ++i) after_[i] = 0xff;
        assert(query.length == 2 + 4 * acts.length);
        assert(keccak256(abi.encode(words)) == keccak256(abi.encode(ECHO.credentials(signatories))));
    }

    function test_ask_whenTheRegisterReverts_thenRevertsWithItsError() external view {
        try this.askRefusing() {
            assert(false);
        } catch (bytes memory reason) {
            assert(keccak256(reason) == keccak256(abi.encodeWithSelector(Echo.Refused.selector, 6)));
        }
    }

    function askRefusing() external view {
        Inquiries.ask(IParties(address(REFUSING)), Inquiries.begin(6));
    }

    function _privateKey(uint256 seed) private pure returns (uint256) {
        return 1 + (seed % 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140);
    }

    function _padded(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
