// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {IProcesses} from "../../../contracts/traceability/IProcesses.sol";
import {Built} from "../support/Built.sol";

/// @notice Yields against a naive judge that keeps a table by class instead of a list.
contract ProcessesTest {
    uint256 private constant CLASSES = 4;

    IProcesses private _processes;

    /// @dev By side and class: how many bounds name it, and the mass that stands there.
    mapping(uint256 side => mapping(uint256 class => bool)) private _listed;
    mapping(uint256 side => mapping(uint256 class => uint256)) private _mass;

    function setUp() external {
        _processes = IProcesses(Built.deploy("Processes", abi.encode(Built.manager())));
    }

    /// @dev Wide bounds half of the time, so that both answers are common.
    function testFuzz_within_agreesWithANaiveJudge(uint256 seed) external {
        IProcesses.Bound[] memory bounds = _bounds(seed);
        ILotActs.Output[] memory inputs = _portions(seed, "in", 0);
        ILotActs.Output[] memory outputs = _portions(seed, "out", 1);
        uint48 loss = uint48(seed % 3 == 0 ? 0 : _draw(seed, "loss", 0) % 400);
        _mass[2][0] = loss;
        _processes.setProcess(1, bounds);
        assert(_processes.within(1, inputs, outputs, loss) == _judge(bounds, inputs));
        assert(!_processes.within(2, inputs, outputs, loss));
    }

    function _judge(IProcesses.Bound[] memory bounds, ILotActs.Output[] memory inputs) private view returns (bool) {
        uint256 total = 0;
        for (uint256 i = 0; i < inputs.length; ++i) total += inputs[i].grams;
        for (uint256 class = 0; class < CLASSES; ++class) {
            for (uint256 side = 0; side < 3; ++side) {
                if (_mass[side][class] != 0 && !_listed[side][class]) return false;
            }
        }
        for (uint256 i = 0; i < bounds.length; ++i) {
            uint256 parts = _mass[bounds[i].side][bounds[i].class] * 10_000;
            if (parts < bounds[i].minBps * total) return false;
            if (parts > bounds[i].maxBps * total) return false;
        }
        return true;
    }

    function _bounds(uint256 seed) private returns (IProcesses.Bound[] memory bounds) {
        bounds = new IProcesses.Bound[](1 + (_draw(seed, "count", 0) % 9));
        for (uint256 i = 0; i < bounds.length; ++i) {
            uint8 side = uint8(i % 9 < 8 ? (i / 4) % 2 : 2);
            uint16 class = side == 2 ? 0 : uint16(i % CLASSES);
            uint256 least = seed % 2 == 0 ? 0 : _draw(seed, "min", i) % 3_000;
            uint256 most = seed % 2 == 0 ? 10_000 : least + (_draw(seed, "max", i) % (10_001 - least));
            bounds[i] = IProcesses.Bound(side, class, uint16(least), uint16(most));
            _listed[side][class] = true;
        }
    }

    function _portions(
        uint256 seed,
        string memory what,
        uint256 side
    ) private returns (ILotActs.Output[] memory portions) {
        portions = new ILotActs.Output[](1 + (_draw(seed, what, 99) % 3));
        for (uint256 i = 0; i < portions.length; ++i) {
            uint256 drawn = _draw(seed, what, i);
            portions[i] = ILotActs.Output(uint16(drawn % CLASSES), uint48(1 + ((drawn >> 16) % 1_000)));
            _mass[side][drawn % CLASSES] += portions[i].grams;
        }
    }

    function _draw(uint256 seed, string memory what, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what, i)));
    }
}
