// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {LotLedger} from "../../../contracts/traceability/LotLedger.sol";
import {Parties} from "../../../contracts/access/Parties.sol";
import {Signing} from "../support/Signing.sol";
import {FuzzSelector, VM} from "../support/Vm.sol";
import {World} from "../support/World.sol";

/// @notice Plays a storage coast: people sign collects, others carry them well, twice or spoiled, the registry
/// suspends and licenses. It knows by its own, naive book-keeping what must become of each act.
contract LotLedgerHandler {
    using Signing for Signing.Collect;

    World public immutable WORLD;
    LotLedger private immutable LEDGER;
    Parties private immutable PARTIES;
    bytes32 private immutable DOMAIN;

    bytes32[] public lots;
    mapping(bytes32 lot => Signing.Collect) private _recorded;
    uint256 public collected;

    string[6] public actions = ["collect", "batch", "replay", "spoil", "suspend", "wait"];
    mapping(string action => uint256) public succeeded;

    ILotActs.CollectAct[] private _sent;
    uint256 private _salt;

    constructor() {
        WORLD = new World();
        LEDGER = WORLD.LEDGER();
        PARTIES = WORLD.PARTIES();
        DOMAIN = LEDGER.domainSeparator();
    }

    /// @notice One good collect, alone.
    function collect(uint256 seed) external {
        Signing.Collect memory c = _collect(seed);
        ILotActs.CollectAct[] memory acts = new ILotActs.CollectAct[](1);
        acts[0] = _sign(c, seed);
        LEDGER.checkCollect(acts[0], new bytes[](0));
        _carry(acts);
        _book(c);
        succeeded["collect"]++;
    }

    /// @notice A batch of good acts, the same act twice, an act without mass, one of a stranger and one with a spoiled
    /// signature, in an order that the seed decides: only the good ones count, each once.
    function batch(uint256 seed) external {
        uint256 size = 2 + (seed % 5);
        ILotActs.CollectAct[] memory acts = new ILotActs.CollectAct[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 turn = uint256(keccak256(abi.encode(seed, i)));
            Signing.Collect memory c = _collect(turn);
            uint256 kind = (turn >> 128) % 6;
            if (kind == 0) c.grams = 0;
            if (kind == 1) c.collector = address(uint160(turn));
            acts[i] = _sign(c, turn);
            if (kind == 2) acts[i].receiverR ^= bytes32(uint256(1));
            if (kind == 3 && i > 0) acts[i] = acts[i - 1];
            else if (kind > 2) _book(c);
        }
        _carry(acts);
        succeeded["batch"]++;
    }

    /// @notice An act that was carried before, good or bad, comes again.
    function replay(uint256 seed) external {
        if (_sent.length == 0) return;
        ILotActs.CollectAct[] memory acts = new ILotActs.CollectAct[](1);
        acts[0] = _sent[seed % _sent.length];
        LEDGER.recordCollects(acts, new bytes[](0));
        succeeded["replay"]++;
    }

    /// @notice A good act is carried with one bit of its 288 bytes turned: whatever it now says, nobody signed it.
    function spoil(uint256 seed, uint256 bit) external {
        Signing.Collect memory c = _collect(seed);
        ILotActs.CollectAct memory act = _sign(c, seed);
        bytes memory encoded = abi.encode(act);
        bit %= 8 * encoded.length;
        // the spare bits are nobody's: no signature covers them, no word holds them
        if ((bit >= 248 && bit < 256) || (bit >= 432 && bit < 512)) return;
        encoded[bit / 8] ^= bytes1(uint8(0x80 >> (bit % 8)));
        ILotActs.CollectAct[] memory acts = new ILotActs.CollectAct[](1);
        acts[0] = abi.decode(encoded, (ILotActs.CollectAct));
        LEDGER.recordCollects(acts, new bytes[](0));
        succeeded["spoil"]++;
    }

    /// @notice The registry suspends or closes somebody, or lets them back in: their acts are still recorded.
    function suspend(uint256 who, uint8 status) external {
        address[2] memory pair = [WORLD.collectors(who % WORLD.COLLECTORS()), WORLD.keepers(who % WORLD.KEEPERS())];
        PARTIES.setStatus(pair[(who >> 128) % 2], 1 + (status % 3), bytes32(who));
        succeeded["suspend"]++;
    }

    function wait_(uint256 time) external {
        VM.warp(block.timestamp + (time % 1 days));
        succeeded["wait"]++;
    }

    function lotCount() external view returns (uint256) {
        return lots.length;
    }

    function recorded(bytes32 lot) external view returns (Signing.Collect memory) {
        return _recorded[lot];
    }

    function _carry(ILotActs.CollectAct[] memory acts) private {
        LEDGER.recordCollects(acts, new bytes[](0));
        for (uint256 i = 0; i < acts.length; ++i) _sent.push(acts[i]);
    }

    function _book(Signing.Collect memory c) private {
        bytes32 lot = Signing.digest(DOMAIN, c.collectHash());
        lots.push(lot);
        _recorded[lot] = c;
        collected += c.grams;
    }

    function _collect(uint256 seed) private returns (Signing.Collect memory c) {
        c.class = uint16(seed >> 16);
        c.grams = uint48(seed >> 32) | 1;
        c.collector = WORLD.collectors(seed % WORLD.COLLECTORS());
        c.keeper = WORLD.keepers(seed % WORLD.KEEPERS());
        c.capturedAt = uint40(block.timestamp - 1 hours + ((seed >> 80) % 2 hours));
        c.anchor = keccak256(abi.encode(seed));
        c.evidence = bytes32(seed);
        c.salt = bytes32(++_salt);
    }

    function _sign(Signing.Collect memory c, uint256 seed) private view returns (ILotActs.CollectAct memory) {
        uint256 giver = WORLD.collectorKey(seed % WORLD.COLLECTORS());
        return c.signed(DOMAIN, giver, WORLD.keeperKey(seed % WORLD.KEEPERS()));
    }
}

/// @notice What must hold of the lots, whatever is carried to them.
contract LotLedgerInvariants {
    LotLedgerHandler private _handler;
    LotLedger private _ledger;

    function setUp() external {
        _handler = new LotLedgerHandler();
        _ledger = _handler.WORLD().LEDGER();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = LotLedgerHandler.collect.selector;
        selectors[1] = LotLedgerHandler.batch.selector;
        selectors[2] = LotLedgerHandler.replay.selector;
        selectors[3] = LotLedgerHandler.spoil.selector;
        selectors[4] = LotLedgerHandler.suspend.selector;
        selectors[5] = LotLedgerHandler.wait_.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    /// @notice T1: the grams collected are the grams that were signed into lots, each once. Cheap, after every call;
    /// the scan over all lots follows at the end of a run.
    function invariant_T1_collectedIsLiveAndConcluded() external view {
        (uint256 collected, uint256 concluded) = _ledger.totals();
        assert(collected == _handler.collected());
        assert(concluded == 0);
    }

    /// @notice T1 and T2, lot by lot: collected = Σ grams of the open lots + concluded, and every lot stands with the
    /// custodian, the grams and the class that were signed.
    function afterInvariant() external view {
        uint256 live = 0;
        for (uint256 i = 0; i < _handler.lotCount(); ++i) {
            bytes32 lot = _handler.lots(i);
            Signing.Collect memory c = _handler.recorded(lot);
            uint256 word = _ledger.lots(lot);
            assert(word >> 96 == uint160(c.keeper));
            assert(uint48(word >> 48) == c.grams);
            assert(uint24(word >> 24) == 0);
            assert(uint16(word >> 8) == c.class);
            assert((word >> 4) & 0xf == 0);
            assert(word & 0xf == 0 || word & 0xf == 8);
            live += uint48(word >> 48);
        }
        (uint256 collected, uint256 concluded) = _ledger.totals();
        assert(collected == live + concluded);
        for (uint256 i = 0; i < 6; ++i) {
            require(_handler.succeeded(_handler.actions(i)) != 0, _handler.actions(i));
        }
    }
}
