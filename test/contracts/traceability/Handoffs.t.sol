// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {ILotEvents} from "../../../contracts/traceability/ILotEvents.sol";
import {Drawn} from "../support/Drawn.sol";
import {Messages} from "../support/Messages.sol";
import {Log, VM} from "../support/Vm.sol";

/// @notice Handoffs of which most are good but for one thing: the batch's quick decision, the check's slow one and a plain
/// judge agree on each, and a batch is its acts one by one.
contract HandoffsTest is Drawn {
    /// @dev Whose signature is spoilt.
    enum Spoilt {
        Nobody,
        Giver,
        Receiver
    }

    /// @dev What the last drawn act must be refused for; zero when it must be recorded.
    bytes4 private _expected;

    bytes32 private _lot;

    /// @dev The first account's own key is dated, and the second's has ended before it began.
    function setUp() external {
        _date(0, uint40(block.timestamp - 50 minutes), uint40(block.timestamp + 10 minutes));
        _date(1, uint40(block.timestamp), uint40(block.timestamp + 1));
        WORLD.PARTIES().closeKey(bytes32(uint256(uint160(WORLD.accounts(1)))), 5);
        _lot = _collectFor(1, WORLD.accounts(2));
    }

    function testFuzz_recordHandoffs_skipsWhatTheCheckAndAPlainJudgeRefuse(uint256[5] memory seeds) external {
        for (uint256 i = 0; i < 5; ++i) {
            ILotActs.HandoffAct[] memory acts = new ILotActs.HandoffAct[](1);
            acts[0] = _next(seeds[i]);
            bytes memory check = abi.encodeCall(LEDGER.checkHandoff, (acts[0], new bytes[](0)));
            (bool good, bytes memory why) = address(LEDGER).staticcall(check);
            uint256 word = LEDGER.lots(acts[0].lot);
            Log[] memory logs = _logsOf(acts);
            assert(logs.length == 1);
            bool skipped = logs[0].topics[0] == ILotEvents.Skipped.selector;
            assert(skipped == !good);
            assert(skipped == (_expected != 0));
            assert(skipped == (LEDGER.lots(acts[0].lot) == word));
            assert(LEDGER.lots(_lot) == wordOf(_lot));
            if (!skipped) continue;
            bytes4 reason = bytes4(abi.decode(logs[0].data, (bytes32)));
            assert(reason == _expected);
            assert(reason == bytes4(why));
        }
    }

    function testFuzz_recordHandoffs_makesOfABatchWhatItMakesOfItsActs(uint256[6] memory seeds) external {
        ILotActs.HandoffAct[] memory acts = new ILotActs.HandoffAct[](7);
        for (uint256 i = 0; i < 6; ++i) acts[i] = _next(seeds[i]);
        // one that stood before, or one that is behind
        acts[6] = acts[seeds[0] % 6];
        bytes32 atOnce;
        try this.together(acts) {
            assert(false);
        } catch (bytes memory told) {
            atOnce = keccak256(told);
        }
        bytes memory singly = "";
        for (uint256 i = 0; i < 7; ++i) {
            ILotActs.HandoffAct[] memory one = new ILotActs.HandoffAct[](1);
            one[0] = acts[i];
            singly = bytes.concat(singly, _told(_logsOf(one)));
        }
        assert(atOnce == keccak256(_ended(singly)));
    }

    /// @dev Carries a batch and reverts with what it told, so that it never was.
    function together(ILotActs.HandoffAct[] calldata acts) external {
        bytes memory told = _ended(_told(_logsOf(acts)));
        assembly ("memory-safe") {
            revert(add(told, 0x20), mload(told))
        }
    }

    function _logsOf(ILotActs.HandoffAct[] memory acts) private returns (Log[] memory) {
        VM.recordLogs();
        LEDGER.recordHandoffs(acts, new bytes[](0));
        return VM.getRecordedLogs();
    }

    function _told(Log[] memory logs) private pure returns (bytes memory told) {
        for (uint256 i = 0; i < logs.length; ++i) {
            told = bytes.concat(told, abi.encode(logs[i].topics, logs[i].data));
        }
    }

    function _ended(bytes memory told) private view returns (bytes memory) {
        (uint256 collectedGrams, uint256 concludedGrams) = LEDGER.totals();
        return bytes.concat(told, abi.encode(LEDGER.lots(_lot), LEDGER.ownerOf(_lot), collectedGrams, concludedGrams));
    }

    /// @dev A handoff of the lot as it should be by now, with at most one thing spoilt; a good one is booked.
    function _next(uint256 seed) private returns (ILotActs.HandoffAct memory act) {
        Messages.Handoff memory h = _handoff(_lot, seed, _account(seed, "to"));
        h.bailment = uint8(_draw(seed, "bailment") % 3);
        if (seed % 4 == 0) h.acceptedGrams = uint48(_draw(seed, "accepted") % (2 * uint256(h.declaredGrams) + 1));
        if (seed % 16 == 1) h.acceptedGrams = 0;
        uint256 how = _draw(seed, "how") % 12;
        Spoilt spoilt = Spoilt.Nobody;
        if (how == 1) h.seq += uint24(1 + (_draw(seed, "seq") % 3));
        else if (how == 2 && h.seq != 0) h.seq -= 1;
        else if (how == 3) h.from = _other(h.from, seed);
        else if (how == 4) h.to = address(uint160(_draw(seed, "nobody")));
        else if (how == 5) h.declaredGrams = uint48(_draw(seed, "declared"));
        else if (how == 6) h.lot = bytes32(seed);
        act = _packed(h);
        if (how == 7) (act.giverR, spoilt) = (act.receiverR, Spoilt.Giver);
        if (how == 8) (act.receiverVs, spoilt) = (act.giverVs, Spoilt.Receiver);
        if (how == 9) act.when |= seed % (1 << 24);
        _expected = _judge(h, spoilt);
        if (_expected == 0) _bookHandoff(h);
    }

    function _judge(Messages.Handoff memory h, Spoilt spoilt) private view returns (bytes4) {
        Lot memory lot = _lots[h.lot];
        if (lot.born == 0) return ILotEvents.LotUnknown.selector;
        if (h.seq != lot.seq) return ILotEvents.SeqNotCurrent.selector;
        if (lot.disposition != 0) return ILotEvents.LotNotOpen.selector;
        if (h.from != lot.custodian) return ILotEvents.NotCustodian.selector;
        if (h.declaredGrams != lot.grams) return ILotEvents.GramsNotMatching.selector;
        if (spoilt == Spoilt.Giver) return ILotEvents.SignatureNotValid.selector;
        if (!_isDated(h.from, h.capturedAt)) return ILotEvents.KeyNotValid.selector;
        if (WORLD.PARTIES().standing(h.to) == 0) return ILotEvents.AccountNotRegistered.selector;
        if (spoilt == Spoilt.Receiver) return ILotEvents.SignatureNotValid.selector;
        if (!_isDated(h.to, h.capturedAt)) return ILotEvents.KeyNotValid.selector;
        bool bailed = lot.owner != lot.custodian;
        return bailed && h.bailment == 0 && h.to != lot.owner ? ILotEvents.LotBailed.selector : bytes4(0);
    }

    /// @dev Whether the account's key is within its dates; most have none.
    function _isDated(address account, uint40 time) private view returns (bool) {
        if (account == WORLD.accounts(1)) return false;
        if (account != WORLD.accounts(0)) return true;
        return time >= block.timestamp - 50 minutes && time < block.timestamp + 10 minutes;
    }

    function _date(uint256 i, uint40 from, uint40 until) private {
        address account = WORLD.accounts(i);
        WORLD.PARTIES().bindKey(account, bytes32(uint256(uint160(account))), from, until);
    }
}
