// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotLedger} from "../../../contracts/traceability/ILotLedger.sol";
import {LotActions} from "../support/LotActions.sol";
import {NaiveLots} from "../support/NaiveLots.sol";
import {FuzzSelector} from "../support/Vm.sol";

/// @notice Plays in rounds: every action once, in an order of its own.
contract LotLedgerHandler is LotActions {
    /// @notice How often each action did what it was meant to do.
    uint256[ACTIONS] public succeeded;

    uint256 private _turn;
    uint8[ACTIONS] private _order;

    /// @notice The next action of the round.
    function play(uint256 seed) external {
        uint256 turn = _turn++ % ACTIONS;
        if (turn == 0) _shuffle(seed);
        uint256 action = _order[turn];
        if (_actions()[action](seed)) ++succeeded[action];
    }

    function _shuffle(uint256 seed) private {
        for (uint256 i = 0; i < ACTIONS; ++i) {
            uint256 j = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            _order[i] = _order[j];
            _order[j] = uint8(i);
        }
    }
}

/// @notice What must hold of the lots, whatever is carried to them.
contract LotLedgerInvariants {
    /// @dev Of 250 calls a run and 19 actions; 40 runs make 200 of each action.
    uint256 private constant EACH = 5;

    LotLedgerHandler private _handler;
    ILotLedger private _ledger;

    function setUp() external {
        _handler = new LotLedgerHandler();
        _ledger = _handler.WORLD().LEDGER();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), new bytes4[](1));
        targets[0].selectors[0] = LotLedgerHandler.play.selector;
    }

    /// @notice T1: what was collected and what left the ledger are what the signed acts say, each counted once. Of one
    /// act the handler weighs it: grams in = grams out + loss. The scan over all lots follows at the end of a run.
    function invariant_T1_gramsAreCountedOnce() external view {
        (uint256 collected, uint256 concluded) = _ledger.totals();
        require(collected == _handler.collected(), "T1: collected");
        require(concluded == _handler.concluded(), "T1: concluded");
    }

    /// @notice T2: the lot that was made last, and a lot of any age, are in the hands and of the mass that was signed.
    function invariant_T2_oneCustodianAndNoGramTwice() external view {
        uint256 count = _handler.lotCount();
        if (count == 0) return;
        _check(_handler.lots(count - 1));
        _check(_handler.lots(uint256(keccak256(abi.encode(count))) % count));
    }

    /// @notice T1 and T2 over all lots, and whether every action was played.
    function afterInvariant() external view {
        uint256 live = 0;
        for (uint256 i = 0; i < _handler.lotCount(); ++i) live += _check(_handler.lots(i));
        (uint256 collected, uint256 concluded) = _ledger.totals();
        require(collected == live + concluded, "T1: collected is not live and concluded");
        for (uint256 i = 0; i < _handler.ACTIONS(); ++i) require(_handler.succeeded(i) >= EACH, "an action is missing");
    }

    function _check(bytes32 id) private view returns (uint256 live) {
        NaiveLots.Lot memory lot = _handler.lotOf(id);
        uint256 word = _ledger.lots(id);
        require(word == _handler.wordOf(id), "T2: a lot is not what was signed");
        require(_ledger.ownerOf(id) == lot.owner, "T2: a lot has another owner");
        live = uint48(word >> 48);
        require(live + lot.gave == lot.born, "T2: a lot gave more than it had");
        require((live == 0) == ((word >> 4) & 0xf != 0), "T2: a lot without grams is open");
    }
}
