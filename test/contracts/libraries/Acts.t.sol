// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IParties} from "../../../contracts/access/IParties.sol";
import {Acts} from "../../../contracts/libraries/Acts.sol";
import {ILotLedger} from "../../../contracts/traceability/ILotLedger.sol";
import {Signing} from "../support/Signing.sol";
import {VM} from "../support/Vm.sol";

/// @notice Gives the library calldata to read.
contract ActsCaller {
    function hashCollect(
        ILotLedger.CollectAct calldata act,
        bytes32 domain
    ) external pure returns (bytes32 digest, bytes32 receipt) {
        return Acts.hashCollect(act, domain);
    }

    function signers(
        ILotLedger.CollectAct calldata act,
        bytes32 digest,
        bytes32 receipt
    ) external view returns (bytes32 giver, bytes32 receiver) {
        // a free memory pointer over dirty memory must not matter
        bytes memory dirt = abi.encode(digest, receipt, act);
        assert(dirt.length != 0);
        return Acts.signers(act, digest, receipt);
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

/// @notice The assembly agrees with plain Solidity and with OpenZeppelin.
contract ActsTest {
    ActsCaller private immutable CALLER = new ActsCaller();
    Echo private immutable ECHO = new Echo(false);
    Echo private immutable REFUSING = new Echo(true);

    function testFuzz_hashCollect_agreesWithPlainEncoding(
        Signing.Collect memory c,
        bytes32 domain,
        bytes32[4] memory signatures,
        uint8 spareLow,
        uint80 spare
    ) external view {
        ILotLedger.CollectAct memory act = Signing.pack(c);
        act.giverTerms |= spareLow;
        act.keeperTerms |= spare;
        (act.giverR, act.giverVs) = (signatures[0], signatures[1]);
        (act.receiverR, act.receiverVs) = (signatures[2], signatures[3]);
        (bytes32 digest, bytes32 receipt) = CALLER.hashCollect(act, domain);
        assert(digest == Signing.digest(domain, Signing.collectHash(c)));
        bytes memory giverSignature = abi.encodePacked(act.giverR, act.giverVs);
        assert(receipt == Signing.digest(domain, Signing.receiptHash(c, giverSignature)));
    }

    function testFuzz_signers_givenRealSignatures_thenTheKeys(
        uint256 giver,
        uint256 receiver,
        bytes32 digest,
        bytes32 receipt
    ) external view {
        giver = _privateKey(giver);
        receiver = _privateKey(receiver);
        ILotLedger.CollectAct memory act;
        (act.giverR, act.giverVs) = Signing.compact(giver, digest);
        (act.receiverR, act.receiverVs) = Signing.compact(receiver, receipt);
        (bytes32 first, bytes32 second) = CALLER.signers(act, digest, receipt);
        assert(first == _padded(VM.addr(giver)));
        assert(second == _padded(VM.addr(receiver)));
    }

    /// @dev Half of the arbitrary values have a high s or an r that is on no curve: both must give a zero key.
    function testFuzz_signers_givenAnything_thenAsOpenZeppelin(
        ILotLedger.CollectAct memory act,
        bytes32 digest,
        bytes32 receipt
    ) external view {
        (bytes32 first, bytes32 second) = CALLER.signers(act, digest, receipt);
        (address giver, , ) = ECDSA.tryRecover(digest, act.giverR, act.giverVs);
        (address receiver, , ) = ECDSA.tryRecover(receipt, act.receiverR, act.receiverVs);
        assert(first == _padded(giver));
        assert(second == _padded(receiver));
    }

    /// @dev A compact signature has room for a high s only between half the order and 2^255.
    function testFuzz_signers_whenSIsHigh_thenZero(uint256 privateKey, bytes32 digest, uint256 seed) external view {
        uint256 halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
        ILotLedger.CollectAct memory act;
        (act.giverR, ) = Signing.compact(_privateKey(privateKey), digest);
        act.giverVs = bytes32(halfOrder + 1 + (seed % ((1 << 255) - 1 - halfOrder)));
        (act.receiverR, act.receiverVs) = (act.giverR, act.giverVs);
        // the curve itself would take it
        assert(ecrecover(digest, 27, act.giverR, act.giverVs) != address(0));
        (bytes32 first, bytes32 second) = CALLER.signers(act, digest, digest);
        assert(first == 0);
        assert(second == 0);
    }

    function testFuzz_ask_agreesWithAPlainCall(uint256[4][] memory acts, uint8 dirt) external view {
        bytes32[] memory query = Acts.inquiry(2 * acts.length);
        IParties.Signatory[] memory signatories = new IParties.Signatory[](2 * acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            uint256 giver = acts[i][0] >> 96;
            uint256 receiver = acts[i][2] >> 96;
            Acts.put(query, i, giver, bytes32(acts[i][1]), receiver, bytes32(acts[i][3]));
            signatories[2 * i] = IParties.Signatory(address(uint160(giver)), bytes32(acts[i][1]));
            signatories[2 * i + 1] = IParties.Signatory(address(uint160(receiver)), bytes32(acts[i][3]));
        }
        uint256[] memory words = Acts.ask(IParties(address(ECHO)), query);
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
        Acts.ask(IParties(address(REFUSING)), Acts.inquiry(6));
    }

    function _privateKey(uint256 seed) private pure returns (uint256) {
        return 1 + (seed % 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140);
    }

    function _padded(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
