// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {ACCOUNTS, accountAt, isRegistered} from "./MoneyWorld.sol";
import {NaiveMoney} from "./NaiveMoney.sol";
import {NaiveSumTree} from "./NaiveSumTree.sol";
import {VM} from "./Vm.sol";

/// @notice Draws payers, pools and divisions from a seed. Where there is none as wanted, one is made.
abstract contract DrawnMoney is NaiveMoney {
    uint8 internal constant FUNDED = 1;
    uint8 internal constant PUBLISHED = 2;
    uint8 internal constant CLOSED = 3;
    /// @dev The first accounts after zero pay, and are never suspended.
    uint256 private constant PAYERS = 4;
    /// @dev Accounts that pools with few leaves pay.
    uint256 private constant NEAR = 64;

    uint256 private _references;

    function _deposit(address account, uint256 fen) internal {
        TOKEN.deposit(account, fen, bytes32(++_references));
        depositedFen += fen;
        balances[account] += fen;
    }

    function _freshReference() internal returns (bytes32) {
        return bytes32(++_references);
    }

    /// @dev A reference that was used before.
    function _usedReference(uint256 seed) internal returns (bytes32) {
        if (_references == 0) _deposit(_payer(seed), 1);
        return bytes32(1 + (_draw(seed, "reference") % _references));
    }

    function _payer(uint256 seed) internal pure returns (address) {
        return accountAt(1 + (_draw(seed, "payer") % PAYERS));
    }

    /// @dev Somebody who may be suspended, and whom small pools pay.
    function _suspect(uint256 seed) internal pure returns (uint256 i) {
        i = PAYERS + 1 + (_draw(seed, "suspect") % (NEAR - PAYERS - 1));
        if (!isRegistered(i)) --i;
    }

    function _setSuspended(address account, bool suspended) internal {
        WORLD.PARTIES().setStatus(account, suspended ? 2 : 1, "basis");
        _suspended[account] = suspended;
    }

    /// @dev One to six leaves near the beginning; of 48 pools three have two chunks and one has three, among all accounts.
    function _fund(uint256 seed) internal returns (uint256 pool) {
        uint256 size = _draw(seed, "size") % 48;
        uint256 chunks =
            size == 0
                ? 2
                : size < 4
                    ? 1
                    : 0;
        uint256 count = chunks * 256 + 1 + (_draw(seed, "count") % 6);
        uint256 first = _draw(seed, "first") % (chunks == 0 ? NEAR : ACCOUNTS - count);
        return _fundFor(seed, first, count);
    }

    /// @dev A pool for so many accounts, starting at one of them.
    function _fundFor(uint256 seed, uint256 first, uint256 count) internal returns (uint256 pool) {
        uint64 fen = _totalFor(count, _draw(seed, "fen"));
        address payer = _payer(seed);
        if (balances[payer] < fen) _deposit(payer, fen);
        VM.prank(payer);
        pool = POOLS.fund(1, _subjects(), 1, fen, "ruleset");
        require(pool == _pools.length + 1, "ids do not count from 1");
        balances[payer] -= fen;
        NaivePool storage p = _pools.push();
        (p.totalFen, p.leafCount, p.first, p.seed) = (fen, uint32(count), first, seed);
    }

    function _publish(uint256 pool) internal {
        NaivePool storage p = _pools[pool - 1];
        ++p.version;
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        POOLS.publishRoot(pool, p.leafCount, "inputs", NaiveSumTree.topOf(tree));
        _bookPublished(pool, tree);
    }

    function _pay(uint256 pool, uint256 chunk) internal {
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        POOLS.payChunk(
            pool,
            uint32(chunk),
            NaiveSumTree.packed(tree.leaves, chunk),
            NaiveSumTree.siblingsFor(tree, chunk)
        );
        _bookChunk(tree, chunk);
    }

    /// @dev A pool that is funded and not published.
    function _funded(uint256 seed) internal returns (uint256) {
        uint256 pool = _find(seed, FUNDED);
        return pool == 0 ? _fund(seed) : pool;
    }

    /// @dev A division that has not opened yet.
    function _waiting(uint256 seed) internal returns (uint256 pool) {
        for (uint256 i = 0; i < _pools.length; ++i) {
            pool = 1 + addmod(seed, i, _pools.length);
            if (_stateOf(pool) == PUBLISHED && _pools[pool - 1].opensAt > _now) return pool;
        }
        if (delay == 0) _setDelay(uint40(1 + (_draw(seed, "delay") % 1 days)));
        pool = _funded(seed);
        _publish(pool);
    }

    /// @dev A division that has opened and of which something is not paid; time passes if it must.
    function _open(uint256 seed) internal returns (uint256 pool) {
        pool = _find(seed, PUBLISHED);
        if (pool == 0) {
            pool = _funded(seed);
            _publish(pool);
        }
        _waitUntil(_pools[pool - 1].opensAt);
    }

    /// @dev A small pool pays while one of its payees is suspended.
    function _hold(uint256 seed) internal returns (uint256 pool, address account) {
        uint256 suspect = _suspect(seed);
        account = accountAt(suspect);
        if (!_suspended[account]) _setSuspended(account, true);
        pool = _fundFor(seed, suspect - (seed % 2), 1 + (seed % 2) + (seed % 3));
        _publish(pool);
        _waitUntil(_pools[pool - 1].opensAt);
        _pay(pool, 0);
    }

    function _setDelay(uint40 seconds_) internal {
        POOLS.setDelay(seconds_);
        delay = seconds_;
    }

    /// @dev A chunk of the pool that is not paid, or is.
    function _chunkOf(uint256 pool, uint256 seed, bool paid) internal view returns (uint256 chunk) {
        uint256 chunks = _chunks(pool);
        for (uint256 i = 0; i < chunks; ++i) {
            chunk = addmod(seed, i, chunks);
            if (_paid[pool][chunk] == paid) return chunk;
        }
        revert("no such chunk");
    }

    function _chunks(uint256 pool) internal view returns (uint256) {
        return (uint256(_pools[pool - 1].leafCount) + 255) / 256;
    }

    function _stateOf(uint256 pool) internal view returns (uint8) {
        if (_pools[pool - 1].version == 0) return FUNDED;
        return _pools[pool - 1].chunksPaid == _chunks(pool) ? CLOSED : PUBLISHED;
    }

    function _subjects() internal pure returns (bytes32[] memory subjects) {
        subjects = new bytes32[](1);
        subjects[0] = "lot";
    }

    function _draw(uint256 seed, string memory what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _proofOf(
        NaiveSumTree.Tree memory tree,
        uint256 chunk
    ) internal pure returns (bytes memory, IPremiumPools.Sibling[] memory) {
        return (NaiveSumTree.packed(tree.leaves, chunk), NaiveSumTree.siblingsFor(tree, chunk));
    }

    function _refused(bytes memory call) internal returns (bool) {
        (bool ok, ) = address(POOLS).call(call);
        return !ok;
    }

    function _refusedByToken(bytes memory call) internal returns (bool) {
        (bool ok, ) = address(TOKEN).call(call);
        return !ok;
    }

    function _cut(bytes memory whole, uint256 length) internal pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) part[i] = whole[i];
    }

    function _find(uint256 seed, uint8 state) private view returns (uint256 pool) {
        for (uint256 i = 0; i < _pools.length; ++i) {
            pool = 1 + addmod(seed, i, _pools.length);
            if (_stateOf(pool) == state) return pool;
        }
        return 0;
    }
}
