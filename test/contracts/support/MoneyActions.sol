// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPremiumPools} from "../../../contracts/profit/IPremiumPools.sol";
import {DrawnMoney} from "./DrawnMoney.sol";
import {accountAt} from "./MoneyWorld.sol";
import {NaiveSumTree} from "./NaiveSumTree.sol";
import {VM} from "./Vm.sol";

/// @notice Plays banks, payers, the allocator, the auditor, and pushers of chunks that are good, spoilt, early or late.
/// Each action tells whether it did what it was meant to do; what is refused as it should be is not booked, and what is
/// not refused is for the invariants to find.
abstract contract MoneyActions is DrawnMoney {
    uint256 public constant ACTIONS = 20;

    error Refused();

    /// @notice Publishes a miscounted division and pushes a chunk of it. All is undone when that is refused, since what is
    /// published and open can be neither paid nor replaced.
    function miscount(uint256 seed) external {
        uint256 chunk = seed % 5 < 3 ? seed % 5 : 0;
        uint256 pool = _fundFor(seed, 1, chunk * 256 + 2 + (_draw(seed, "count") % 6));
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        tree.version = 1;
        uint32 claimed = uint32(tree.leaves.length + 1 - 2 * (_draw(seed, "claimed") % 2));
        // three chunks pass for two
        if (chunk == 2) (claimed, chunk) = (512, 0);
        bytes memory top = NaiveSumTree.topOf(tree);
        bool refused = _refused(abi.encodeCall(POOLS.publishRoot, (pool, claimed, "inputs", top)));
        if (claimed > 256) {
            require(!refused, "only the leaves show it");
            _waitUntil(_now + delay);
            (bytes memory leaves, IPremiumPools.Sibling[] memory siblings) = _proofOf(tree, chunk);
            refused = _refused(abi.encodeCall(POOLS.payChunk, (pool, uint32(chunk), leaves, siblings)));
        }
        if (refused) revert Refused();
    }

    function _actions() internal pure returns (function(uint256) internal returns (bool)[ACTIONS] memory) {
        return
            [
                _playDeposit,
                _playWithdraw,
                _playTransfer,
                _playFund,
                _playPublish,
                _playRepublish,
                _playPay,
                _playPayAnother,
                _playRelease,
                _playReassign,
                _playStanding,
                _playTime,
                _playUsedReference,
                _playOverdraft,
                _playWrongSum,
                _playReplay,
                _playSpoilt,
                _playEarly,
                _playStale,
                _playMiscounted
            ];
    }

    function _playDeposit(uint256 seed) private returns (bool) {
        _deposit(_payer(seed), 1 + (_draw(seed, "fen") % 10_000_000));
        return true;
    }

    function _playWithdraw(uint256 seed) private returns (bool) {
        address account = _payer(seed);
        if (balances[account] == 0) _deposit(account, 1_000);
        uint256 fen = 1 + (_draw(seed, "fen") % balances[account]);
        TOKEN.withdraw(account, fen, _freshReference());
        balances[account] -= fen;
        withdrawnFen += fen;
        return true;
    }

    function _playTransfer(uint256 seed) private returns (bool) {
        (address from, address to) = (_payer(seed), _payer(_draw(seed, "to")));
        uint256 fen = _draw(seed, "fen") % (balances[from] + 1);
        VM.prank(from);
        TOKEN.transfer(to, fen);
        balances[from] -= fen;
        balances[to] += fen;
        return true;
    }

    function _playFund(uint256 seed) private returns (bool) {
        _fund(seed);
        return true;
    }

    function _playPublish(uint256 seed) private returns (bool) {
        _publish(_funded(seed));
        return true;
    }

    /// @dev Another division of the same money among the same accounts, before the old one opens.
    function _playRepublish(uint256 seed) private returns (bool) {
        uint256 pool = _waiting(seed);
        _pools[pool - 1].seed = seed;
        _publish(pool);
        return true;
    }

    function _playPay(uint256 seed) private returns (bool) {
        uint256 pool = _open(seed);
        _pay(pool, _chunkOf(pool, seed, false));
        return true;
    }

    /// @dev As {_playPay}, through another's hands: anyone may push.
    function _playPayAnother(uint256 seed) private returns (bool) {
        uint256 pool = _open(seed);
        uint256 chunk = _chunkOf(pool, seed, false);
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        (bytes memory leaves, IPremiumPools.Sibling[] memory siblings) = _proofOf(tree, chunk);
        VM.prank(address(uint160(seed)));
        POOLS.payChunk(pool, uint32(chunk), leaves, siblings);
        _bookChunk(tree, chunk);
        return true;
    }

    function _playRelease(uint256 seed) private returns (bool) {
        (uint256 pool, address account) = _hold(seed);
        bool refused = _refused(abi.encodeCall(POOLS.release, (pool, account)));
        _setSuspended(account, false);
        POOLS.release(pool, account);
        _bookReleased(pool, account, account);
        return refused;
    }

    /// @dev Of what is held for whomever, strangers and nobody among them.
    function _playReassign(uint256 seed) private returns (bool) {
        (uint256 pool, address account) = _hold(seed);
        uint256 some = _draw(seed, "held") % heldAside.length;
        if (held[heldAside[some].pool][heldAside[some].account] != 0) {
            (pool, account) = (heldAside[some].pool, heldAside[some].account);
        }
        POOLS.reassign(pool, account, _payer(seed), "basis");
        _bookReleased(pool, account, _payer(seed));
        return _refused(abi.encodeCall(POOLS.reassign, (pool, account, _payer(seed), "basis")));
    }

    function _playStanding(uint256 seed) private returns (bool) {
        address account = accountAt(_suspect(seed));
        _setSuspended(account, !_suspended[account]);
        return true;
    }

    function _playTime(uint256 seed) private returns (bool) {
        _waitUntil(_now + uint40(_draw(seed, "time") % 1 days));
        _setDelay(seed % 2 == 0 ? 0 : uint40(_draw(seed, "delay") % 1 days));
        return true;
    }

    function _playUsedReference(uint256 seed) private returns (bool) {
        bytes32 used = _usedReference(seed);
        if (seed % 2 == 0) return _refusedByToken(abi.encodeCall(TOKEN.deposit, (_payer(seed), 1, used)));
        return _refusedByToken(abi.encodeCall(TOKEN.withdraw, (_payer(seed), 1, used)));
    }

    function _playOverdraft(uint256 seed) private returns (bool) {
        (address payer, address to) = (_payer(seed), _payer(_draw(seed, "to")));
        uint64 more = uint64(balances[payer] + 1 + (_draw(seed, "more") % 1_000));
        if (seed % 3 == 0) return _refusedByToken(abi.encodeCall(TOKEN.withdraw, (payer, more, "overdraft")));
        VM.prank(payer);
        if (seed % 3 == 1) return _refusedByToken(abi.encodeCall(TOKEN.transfer, (to, more)));
        return _refused(abi.encodeCall(POOLS.fund, (1, _subjects(), 1, more, "ruleset")));
    }

    /// @dev A division of a fen more or less than there is, or whose accounts do not ascend.
    function _playWrongSum(uint256 seed) private returns (bool) {
        uint256 pool = _funded(seed);
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        tree.version = 1;
        uint256 count = tree.leaves.length;
        bool swap = seed % 3 == 0 && count > 1 && count <= 256;
        if (swap) (tree.leaves[0], tree.leaves[1]) = (tree.leaves[1], tree.leaves[0]);
        else if (seed % 2 == 0) ++tree.leaves[count - 1].amountFen;
        else --tree.leaves[0].amountFen;
        return _refused(abi.encodeCall(POOLS.publishRoot, (pool, uint32(count), "inputs", NaiveSumTree.topOf(tree))));
    }

    /// @dev A chunk that was paid comes again while the pool is open, or when it is closed.
    function _playReplay(uint256 seed) private returns (bool) {
        uint256 pool = _open(seed);
        if (_pools[pool - 1].chunksPaid == 0) _pay(pool, _chunkOf(pool, seed, false));
        uint256 chunk = _chunkOf(pool, seed, true);
        (bytes memory leaves, IPremiumPools.Sibling[] memory siblings) = _proofOf(_treeOf(pool), chunk);
        return _refused(abi.encodeCall(POOLS.payChunk, (pool, uint32(chunk), leaves, siblings)));
    }

    /// @dev A chunk off by a fen, longer, shorter, elsewhere, with another pool's money or under another index.
    function _playSpoilt(uint256 seed) private returns (bool) {
        uint256 pool = _open(seed);
        uint256 chunk = _chunkOf(pool, seed, false);
        NaiveSumTree.Tree memory tree = _treeOf(pool);
        IPremiumPools.Sibling[] memory siblings = NaiveSumTree.siblingsFor(tree, chunk);
        uint256 kind = _draw(seed, "kind") % 6;
        if (kind == 0) ++tree.leaves[chunk * 256].amountFen;
        if (kind == 1) tree.leaves[chunk * 256].account = address(uint160(tree.leaves[chunk * 256].account) ^ 1);
        bytes memory leaves = NaiveSumTree.packed(tree.leaves, chunk);
        if (kind == 2) leaves = bytes.concat(leaves, bytes20(uint160(type(uint160).max)), bytes8(uint64(1)));
        if (kind == 3) leaves = _cut(leaves, leaves.length - 28);
        if (kind == 4) chunk ^= 1 << (_draw(seed, "bit") % 32);
        if (kind == 5 && siblings.length == 0) siblings = new IPremiumPools.Sibling[](1);
        else if (kind == 5) siblings[0].sumFen ^= 1;
        return _refused(abi.encodeCall(POOLS.payChunk, (pool, uint32(chunk), leaves, siblings)));
    }

    function _playEarly(uint256 seed) private returns (bool) {
        uint256 pool = _waiting(seed);
        uint256 chunk = seed % _chunks(pool);
        (bytes memory leaves, IPremiumPools.Sibling[] memory siblings) = _proofOf(_treeOf(pool), chunk);
        return _refused(abi.encodeCall(POOLS.payChunk, (pool, uint32(chunk), leaves, siblings)));
    }

    /// @dev A chunk of a division that was replaced, when the new one has opened; then the new one may not be replaced.
    /// Of at least six leaves, so that the new one's are not the same.
    function _playStale(uint256 seed) private returns (bool) {
        uint256 pool = _waiting(seed);
        if (_pools[pool - 1].leafCount < 6) {
            if (delay == 0) _setDelay(1 hours);
            pool = _fundFor(seed, 1 + (seed % 32), 6);
            _publish(pool);
        }
        uint256 chunk = seed % _chunks(pool);
        (bytes memory leaves, IPremiumPools.Sibling[] memory siblings) = _proofOf(_treeOf(pool), chunk);
        _pools[pool - 1].seed = _draw(seed, "next");
        _publish(pool);
        _waitUntil(_pools[pool - 1].opensAt);
        bool stale = _refused(abi.encodeCall(POOLS.payChunk, (pool, uint32(chunk), leaves, siblings)));
        NaiveSumTree.Tree memory next = _treeOf(pool);
        ++next.version;
        bytes memory top = NaiveSumTree.topOf(next);
        return stale && _refused(abi.encodeCall(POOLS.publishRoot, (pool, _pools[pool - 1].leafCount, "inputs", top)));
    }

    /// @dev A division that claims more or fewer leaves than its tree has, in its last chunk or by a level of the tree.
    function _playMiscounted(uint256 seed) private returns (bool) {
        try this.miscount(seed) {
            return false;
        } catch (bytes memory reason) {
            return bytes4(reason) == Refused.selector;
        }
    }
}
