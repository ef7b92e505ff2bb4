// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILotActs} from "./ILotActs.sol";
import {IProcesses} from "./IProcesses.sol";

/// @title Processes
/// @notice The yields that are to be expected.
contract Processes is IProcesses, AccessManaged {
    uint256 private constant WHOLE = 10_000;
    uint8 private constant INPUT = 0;
    uint8 private constant OUTPUT = 1;
    uint8 private constant LOSS = 2;

    mapping(uint16 process => Bound[]) private _bounds;

    /// @notice Opens an empty list.
    /// @param authority The AccessManager.
    constructor(address authority) AccessManaged(authority) {}

    // The administrator

    /// @inheritdoc IProcesses
    function setProcess(uint16 process, Bound[] calldata bounds) external restricted {
        delete _bounds[process];
        for (uint256 i = 0; i < bounds.length; ++i) {
            Bound calldata b = bounds[i];
            bool classless = b.side != LOSS || b.class == 0;
            if (b.side > LOSS || !classless || b.minBps > b.maxBps || b.maxBps > WHOLE) {
                revert BoundNotPossible(process, i);
            }
            _bounds[process].push(b);
        }
        emit ProcessSet(process, bounds);
    }

    // Anyone

    /// @inheritdoc IProcesses
    function boundsOf(uint16 process) external view returns (Bound[] memory bounds) {
        return _bounds[process];
    }

    /// @inheritdoc IProcesses
    function within(
        uint16 process,
        ILotActs.Output[] calldata inputs,
        ILotActs.Output[] calldata outputs,
        uint48 lossGrams
    ) external view returns (bool) {
        Bound[] memory bounds = _bounds[process];
        uint256 total = 0;
        for (uint256 i = 0; i < inputs.length; ++i) {
            if (!_listed(bounds, INPUT, inputs[i].class)) return false;
            total += inputs[i].grams;
        }
        for (uint256 i = 0; i < outputs.length; ++i) {
            if (!_listed(bounds, OUTPUT, outputs[i].class)) return false;
        }
        if (lossGrams != 0 && !_listed(bounds, LOSS, 0)) return false;
        for (uint256 i = 0; i < bounds.length; ++i) {
            Bound memory b = bounds[i];
            uint256 share = lossGrams;
            if (b.side != LOSS) share = _gramsOf(b.side == INPUT ? inputs : outputs, b.class);
            share *= WHOLE;
            if (share < total * b.minBps || share > total * b.maxBps) return false;
        }
        return true;
    }

    function _listed(Bound[] memory bounds, uint8 side, uint16 class) private pure returns (bool) {
        for (uint256 i = 0; i < bounds.length; ++i) {
            if (bounds[i].side == side && bounds[i].class == class) return true;
        }
        return false;
    }

    function _gramsOf(ILotActs.Output[] calldata portions, uint16 class) private pure returns (uint256 grams) {
        for (uint256 i = 0; i < portions.length; ++i) {
            if (portions[i].class == class) grams += portions[i].grams;
        }
    }
}
