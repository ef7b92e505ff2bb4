// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {MoneyActions} from "../support/MoneyActions.sol";
import {ACCOUNTS, IMoney, MoneyWorld, accountAt} from "../support/MoneyWorld.sol";
import {NaiveMoney} from "../support/NaiveMoney.sol";
import {FuzzSelector} from "../support/Vm.sol";

/// @notice Plays in rounds: every action once, in an order of its own.
contract MoneyHandler is MoneyActions {
    /// @notice How often each action did what it was meant to do.
    uint256[ACTIONS] public succeeded;

    uint256 private _turn;
    uint8[ACTIONS] private _order;

    /// @notice The next action of the round.
    function play(uint256 seed) external {
        uint256 turn = _turn++ % ACTIONS;
        if (turn == 0) _shuffle(seed);
        _waitUntil(_now);
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

/// @notice What must hold of money, whoever calls for it. Of each pool the last one and one of any age are looked at after
/// every call, all of them at the end of a run.
contract PremiumPoolsInvariants {
    /// @dev Of 250 calls a run and 20 actions; the runs of all invariants make 480 of each action.
    uint256 private constant EACH = 12;

    MoneyHandler private _handler;
    IMoney private _token;
    IPremiumPools private _pools;

    function setUp() external {
        _handler = new MoneyHandler();
        MoneyWorld world = _handler.WORLD();
        (_token, _pools) = (world.TOKEN(), world.POOLS());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), new bytes4[](1));
        targets[0].selectors[0] = MoneyHandler.play.selector;
    }

    /// @notice M1: what a pool has paid is what people got and what is held aside for them; it closes at its total.
    /// hardhat-config: invariant.runs = 10
    function invariant_M1_payoutsAndHeldAsideAreThePool() external view {
        _everyPool(_checkPaid);
    }

    /// @notice M2: a root is that of leaves whose sum the pool was funded with.
    /// hardhat-config: invariant.runs = 10
    function invariant_M2_sumOfARootIsFunded() external view {
        _everyPool(_checkRoot);
    }

    /// @notice M3: what exists is what banks took in less what they paid out. The scan over all holders is at a run's end.
    /// hardhat-config: invariant.runs = 10
    function invariant_M3_supplyIsDepositsLessWithdrawals() external view {
        (uint128 depositedFen, uint128 withdrawnFen) = _token.totals();
        require(depositedFen == _handler.depositedFen() && withdrawnFen == _handler.withdrawnFen(), "M3: totals");
        require(_token.totalSupply() == depositedFen - withdrawnFen, "M3: supply");
    }

    /// @notice M4: no leaf is paid twice: chunks are paid that were pushed, and an account has what its leaves say.
    /// hardhat-config: invariant.runs = 10
    function invariant_M4_eachLeafIsPaidAtMostOnce() external view {
        _everyPool(_checkChunks);
        _checkBalance(uint256(keccak256(abi.encode(_handler.depositedFen()))) % ACCOUNTS);
    }

    /// @notice All of it, over everything there is; and whether every action was played.
    function afterInvariant() external view {
        uint256 owed = 0;
        for (uint256 pool = 1; pool <= _handler.poolCount(); ++pool) {
            _checkPaid(pool);
            _checkRoot(pool);
            _checkChunks(pool);
            IPremiumPools.Pool memory p = _pools.poolOf(pool);
            owed += p.totalFen - p.paidFen + _handler.poolOf(pool).heldFen;
        }
        require(_token.balanceOf(address(_pools)) == owed, "the pools hold more or less than they owe");
        _checkHeld();
        uint256 all = owed;
        for (uint256 i = 0; i < ACCOUNTS; ++i) all += _checkBalance(i);
        require(_token.totalSupply() == all, "M3: somebody else has fen");
        for (uint256 i = 0; i < _handler.ACTIONS(); ++i) require(_handler.succeeded(i) >= EACH, "an action is missing");
    }

    function _everyPool(function(uint256) view check) private view {
        uint256 count = _handler.poolCount();
        (, uint256 pools) = _pools.settings();
        require(pools == count, "M2: a pool that nobody funded");
        if (count == 0) return;
        check(count);
        check(1 + (uint256(keccak256(abi.encode(count, _handler.depositedFen()))) % count));
    }

    function _checkPaid(uint256 pool) private view {
        IPremiumPools.Pool memory p = _pools.poolOf(pool);
        NaiveMoney.NaivePool memory expected = _handler.poolOf(pool);
        require(p.paidFen <= p.totalFen, "M1: more was paid than there was");
        require(p.paidFen == expected.payoutsFen + expected.heldFen, "M1: payouts and held aside");
        require((p.state == 3) == (p.paidFen == p.totalFen), "M1: closed");
    }

    function _checkRoot(uint256 pool) private view {
        IPremiumPools.Pool memory p = _pools.poolOf(pool);
        NaiveMoney.NaivePool memory expected = _handler.poolOf(pool);
        require(p.totalFen == expected.totalFen, "M2: funded");
        require(p.version == expected.version && p.opensAt == expected.opensAt, "M2: version");
        require(_pools.rootOf(pool, p.version) == expected.root, "M2: root");
    }

    function _checkChunks(uint256 pool) private view {
        uint256 chunks = (uint256(_handler.poolOf(pool).leafCount) + 255) / 256;
        for (uint256 chunk = 0; chunk <= chunks; ++chunk) {
            require(_pools.isPaid(pool, uint32(chunk)) == _handler.isPaid(pool, chunk), "M4: chunk");
        }
    }

    function _checkBalance(uint256 i) private view returns (uint256 fen) {
        fen = _token.balanceOf(accountAt(i));
        require(fen == _handler.balances(accountAt(i)), "M4: an account has more or less than its leaves");
    }

    function _checkHeld() private view {
        for (uint256 i = 0; i < _handler.heldCount(); ++i) {
            (uint256 pool, address account) = _handler.heldAside(i);
            require(_pools.heldOf(pool, account) == _handler.held(pool, account), "M1: held aside");
        }
    }
}
