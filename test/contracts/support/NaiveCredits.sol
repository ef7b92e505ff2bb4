// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredits} from "../../../contracts/carbon/ICredits.sol";
import {IProjects} from "../../../contracts/carbon/IProjects.sol";
import {CreditsWorld} from "./CreditsWorld.sol";
import {VM} from "./Vm.sol";

/// @notice What must become of reports and blocks, kept naively: a struct each, one field a fact. A call is booked when
/// it succeeded.
abstract contract NaiveCredits {
    struct Block {
        uint64 kg;
        uint8 disposition;
        uint8 locks;
        uint64 retirement;
        uint16 purpose;
        address holder;
    }

    struct Batch {
        uint64[4] kg; // issued, retired, cancelled, exported
        uint256 report;
    }

    struct Report {
        bytes32 id;
        uint64 project;
        uint32 fromDay;
        uint32 toDay;
        uint64 claimedKg;
        uint64[] attestedKg;
        uint256 issuances;
        uint256 issuedKg;
    }

    CreditsWorld public immutable WORLD;
    ICredits internal immutable CREDITS;
    IProjects internal immutable PROJECTS;

    uint256[] public ids;
    /// @dev What the last call named or made.
    uint256[] public touched;
    bytes32[] public records;
    bytes32[] public notes;

    Report[] internal _reports;
    /// @dev From 1 on; the first is no batch.
    Batch[] internal _batches;
    mapping(uint256 id => Block) internal _blocks;

    constructor(CreditsWorld world) {
        WORLD = world;
        CREDITS = world.CREDITS();
        PROJECTS = world.PROJECTS_CONTRACT();
        _batches.push();
    }

    function counts() external view returns (uint256 blocks, uint256 batches, uint256 reports, uint256 certificates) {
        return (ids.length, _batches.length - 1, _reports.length, records.length);
    }

    function touchedCount() external view returns (uint256) {
        return touched.length;
    }

    function blockOf(uint256 id) external view returns (Block memory) {
        return _blocks[id];
    }

    function reportOf(uint256 i) external view returns (Report memory) {
        return _reports[i];
    }

    /// @notice The word in which the register must hold the block.
    function wordOf(uint256 id) external view returns (uint256) {
        Block memory b = _blocks[id];
        return uint256(bytes32(abi.encodePacked(b.kg, b.disposition, b.locks, b.retirement, b.purpose, uint96(0))));
    }

    /// @notice The word in which it must hold the batch.
    function batchWordOf(uint256 batch) external view returns (uint256) {
        uint64[4] memory kg = _batches[batch].kg;
        return uint256(bytes32(abi.encodePacked(kg[0], kg[1], kg[2], kg[3])));
    }

    /// @notice The least that was attested of a report; zero when nothing was.
    function leastOf(uint256 report) public view returns (uint64 least) {
        uint64[] memory kg = _reports[report].attestedKg;
        if (kg.length == 0) return 0;
        least = kg[0];
        for (uint256 i = 1; i < kg.length; ++i) if (kg[i] < least) least = kg[i];
    }

    function _bookIssue(uint256 report, ICredits.Batch[] memory vintages) internal {
        ++_reports[report].issuances;
        for (uint256 i = 0; i < vintages.length; ++i) {
            uint256 batch = _batches.length;
            uint64 serial = 1;
            _batches.push();
            for (uint256 j = 0; j < vintages[i].allotments.length; ++j) {
                ICredits.Allotment memory a = vintages[i].allotments[j];
                _begin((batch << 128) | serial, Block(a.kg, 0, 0, 0, 0, a.recipient));
                serial += a.kg;
            }
            _batches[batch].kg[0] = serial - 1;
            _batches[batch].report = report;
            _reports[report].issuedKg += serial - 1;
        }
    }

    /// @dev Cuts the tail off, with all that the head has.
    function _bookCut(ICredits.Piece memory piece) internal returns (uint256 id) {
        touched.push(piece.id);
        Block storage head = _blocks[piece.id];
        if (head.kg == piece.kg) return piece.id;
        head.kg -= piece.kg;
        id = piece.id + head.kg;
        Block memory tail = head;
        tail.kg = piece.kg;
        _begin(id, tail);
    }

    function _bookEnd(ICredits.Piece memory piece, uint8 disposition, uint64 retirement) internal returns (uint256 id) {
        id = _bookCut(piece);
        (_blocks[id].disposition, _blocks[id].retirement) = (disposition, retirement);
        _batches[id >> 128].kg[disposition] += piece.kg;
    }

    /// @dev Calls as somebody; what a failed call returns is its error.
    function _call(
        address sender,
        address target,
        bytes memory data
    ) internal returns (bool done, bytes memory result) {
        VM.prank(sender);
        (done, result) = target.call(data);
    }

    /// @dev Whether a call of the register was refused for this reason. One that was not shows in what the register holds.
    function _refused(address sender, bytes memory data, bytes4 reason) internal returns (bool) {
        (bool done, bytes memory result) = _call(sender, address(CREDITS), data);
        return !done && bytes4(result) == reason;
    }

    /// @dev A call that must succeed.
    function _done(address sender, bytes memory data) internal {
        (bool done, bytes memory result) = _call(sender, address(CREDITS), data);
        require(done, string(result));
    }

    function _draw(uint256 seed, string memory what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _begin(uint256 id, Block memory b) private {
        ids.push(id);
        touched.push(id);
        _blocks[id] = b;
    }
}
