// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {IProjects} from "../../../contracts/carbon/IProjects.sol";
import {BadCredits} from "../support/BadCredits.sol";
import {CreditsWorld} from "../support/CreditsWorld.sol";
import {NaiveCredits} from "../support/NaiveCredits.sol";
import {FuzzSelector} from "../support/Vm.sol";

/// @notice Plays in rounds: every action once, in an order of its own.
contract CreditsHandler is BadCredits {
    /// @notice How often each action did what it was meant to do.
    uint256[ACTIONS] public succeeded;

    uint256 private _turn;
    uint8[ACTIONS] private _order;

    constructor(CreditsWorld world) NaiveCredits(world) {}

    /// @notice The next action of the round.
    function play(uint256 seed) external {
        delete touched;
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

/// @notice What must hold of credits, whatever is commanded. After each call what it touched is looked at, and all of it at
/// the end of a run.
contract CreditsInvariants {
    /// @dev Of 250 calls a run and 23 actions; four times 10 runs make 10,000 calls, and 120 of each action at least.
    uint256 private constant EACH = 3;

    CreditsHandler private _handler;
    CreditsWorld private _world;
    ICredits private _credits;
    IProjects private _projects;

    function setUp() external {
        _world = new CreditsWorld();
        _handler = new CreditsHandler(_world);
        _credits = _world.CREDITS();
        _projects = _world.PROJECTS_CONTRACT();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), new bytes4[](1));
        targets[0].selectors[0] = CreditsHandler.play.selector;
    }

    /// @notice C1: what was issued of a batch is live, retired, cancelled or exported. What is live is read from its blocks.
    /// hardhat-config: invariant.runs = 10
    function invariant_C1_whatWasIssuedIsLiveOrEnded() external view {
        for (uint256 i = 0; i < _handler.touchedCount(); ++i) _checkSum(uint128(_handler.touched(i) >> 128));
    }

    /// @notice C2: credits are issued for a report once, no more than the least that was attested, and for no day twice.
    /// hardhat-config: invariant.runs = 10
    function invariant_C2_noMoreThanAttestedAndOnce() external view {
        (, uint256 batches, uint256 reports, ) = _handler.counts();
        (uint128 lastBatch, ) = _credits.counts();
        require(lastBatch == batches, "C2: batches that nobody issued");
        if (reports != 0) _checkReport(reports - 1);
        if (reports != 0) _checkReport(uint256(keccak256(abi.encode(batches))) % reports);
    }

    /// @notice C3: the blocks of a batch lie end to end, and each is what was commanded of it.
    /// hardhat-config: invariant.runs = 10
    function invariant_C3_blocksAreDisjointAndCoverTheirBatch() external view {
        for (uint256 i = 0; i < _handler.touchedCount(); ++i) {
            _checkBlock(_handler.touched(i));
            _countBlocks(uint128(_handler.touched(i) >> 128));
        }
    }

    /// @notice C4: what ended stays so, and no certificate changes. The book only ever adds to either.
    /// hardhat-config: invariant.runs = 10
    function invariant_C4_endsAndCertificatesStay() external view {
        for (uint256 i = 0; i < _handler.touchedCount(); ++i) _checkBatch(uint128(_handler.touched(i) >> 128));
        (, , , uint256 certificates) = _handler.counts();
        (, uint64 last) = _credits.counts();
        require(last == certificates, "C4: certificates that nobody has");
        if (certificates == 0) return;
        _checkCertificate(certificates - 1);
        _checkCertificate(uint256(keccak256(abi.encode(_handler.touchedCount(), certificates))) % certificates);
    }

    /// @notice All four over everything, and whether every action was played.
    function afterInvariant() external view {
        (uint256 blocks, uint128 batches, uint256 reports, uint256 certificates) = _counts();
        uint256 found = 0;
        for (uint128 batch = 1; batch <= batches; ++batch) {
            _checkSum(batch);
            _checkBatch(batch);
            found += _countBlocks(batch);
        }
        require(found == blocks && _tokenCount() == blocks, "C3: tokens that are no part of a batch");
        for (uint256 i = 0; i < blocks; ++i) _checkBlock(_handler.ids(i));
        for (uint256 i = 0; i < reports; ++i) {
            _checkReport(i);
            _checkDays(i);
        }
        for (uint256 i = 0; i < certificates; ++i) _checkCertificate(i);
        for (uint256 i = 0; i < _handler.ACTIONS(); ++i) {
            require(_handler.succeeded(i) >= EACH, string.concat("an action is missing: ", Strings.toString(i)));
        }
    }

    function _counts() private view returns (uint256 blocks, uint128 batches, uint256 reports, uint256 certificates) {
        (batches, ) = _credits.counts();
        (blocks, , reports, certificates) = _handler.counts();
    }

    function _checkSum(uint128 batch) private view {
        (uint256 word, ) = _credits.batches(batch);
        uint256[4] memory kg;
        for (uint256 serial = 1; serial <= word >> 192;) {
            uint256 found = _credits.blocks((uint256(batch) << 128) | serial);
            require(found >> 192 != 0, "C1: a gap");
            kg[uint8(found >> 184)] += found >> 192;
            serial += found >> 192;
        }
        uint256 ended = uint64(word >> 128) + uint256(uint64(word >> 64)) + uint64(word);
        require(word >> 192 == kg[0] + ended, "C1: issued is not live and ended");
        require(kg[1] + kg[2] + kg[3] == ended, "C1: blocks that ended are not counted");
    }

    /// @dev Walks from block to block, from the first serial to the last.
    function _countBlocks(uint128 batch) private view returns (uint256 found) {
        (uint256 word, ) = _credits.batches(batch);
        uint256 serial = 1;
        for (; serial <= word >> 192; ++found) {
            uint256 id = (uint256(batch) << 128) | serial;
            uint256 kg = _credits.blocks(id) >> 192;
            require(kg != 0 && _handler.blockOf(id).kg != 0, "C3: a gap, or blocks that overlap");
            serial += kg;
        }
        require(serial == (word >> 192) + 1, "C3: blocks beyond their batch");
    }

    function _tokens() private view returns (IERC721) {
        return IERC721(address(_credits));
    }

    function _tokenCount() private view returns (uint256 tokens) {
        for (uint256 i = 0; i < _world.HOLDERS(); ++i) tokens += _tokens().balanceOf(_world.holders(i));
    }

    function _checkBlock(uint256 id) private view {
        require(_credits.blocks(id) == _handler.wordOf(id), "C3: a block is not what was commanded");
        require(_tokens().ownerOf(id) == _handler.blockOf(id).holder, "C3: a block has another holder");
    }

    function _checkBatch(uint128 batch) private view {
        (uint256 word, ) = _credits.batches(batch);
        require(word == _handler.batchWordOf(batch), "C4: a batch is not what ended of it");
    }

    function _checkCertificate(uint256 i) private view {
        (bytes32 record, bytes32 note) = _credits.retirements(uint64(i + 1));
        require(record == _handler.records(i), "C4: a record changed");
        require(note == _handler.notes(i), "C4: a note is not the last one");
    }

    function _checkReport(uint256 i) private view {
        NaiveCredits.Report memory r = _handler.reportOf(i);
        IProjects.ReportState memory state = _projects.reportOf(r.id);
        require(r.issuances <= 1, "C2: issued twice");
        require(r.issuedKg <= _handler.leastOf(i), "C2: more than the least attested");
        require(state.issuedKg == r.issuedKg && state.verifications == r.attestedKg.length, "C2: another report");
        require(state.leastKg == _handler.leastOf(i), "C2: not the least");
    }

    function _checkDays(uint256 i) private view {
        NaiveCredits.Report memory r = _handler.reportOf(i);
        if (r.issuances == 0) return;
        for (uint256 j = 0; j < i; ++j) {
            NaiveCredits.Report memory other = _handler.reportOf(j);
            if (other.issuances == 0 || other.project != r.project) continue;
            require(other.toDay < r.fromDay || r.toDay < other.fromDay, "C2: a day issued twice");
        }
    }
}
