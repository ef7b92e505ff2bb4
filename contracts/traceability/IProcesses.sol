// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "./ILotActs.sol";

/// @title IProcesses
/// @notice What may go into a process, what may come out of it, and in which proportions.
interface IProcesses {
    /// @notice How much of a process's input mass one class may be.
    /// @param side 0 of the inputs, 1 of the outputs, 2 the loss (class 0).
    /// @param class The lot class: `licence kind 6 | material 10`.
    /// @param minBps At least so much, in 1/10,000 of the mass of all inputs.
    /// @param maxBps At most so much.
    struct Bound {
        uint8 side;
        uint16 class;
        uint16 minBps;
        uint16 maxBps;
    }

    /// @notice A process was given its bounds, in place of those it had.
    event ProcessSet(uint16 indexed process, Bound[] bounds);

    /// @notice Thrown when a bound is impossible: an unknown side, a loss with a class, a minimum above its maximum or a
    /// maximum above the whole.
    error BoundNotPossible(uint16 process, uint256 index);

    /// @notice Gives a process its bounds, in place of those it had. None: nothing is within them.
    function setProcess(uint16 process, Bound[] calldata bounds) external;

    /// @notice The bounds of a process; empty when it has none.
    function boundsOf(uint16 process) external view returns (Bound[] memory bounds);

    /// @notice Whether a transform is within the bounds of its process: every class in it is listed on its side, and
    /// every listed class has its share of the mass. A loss that is not listed must be zero.
    /// @param inputs Class and grams of each input; together more than zero.
    /// @param outputs Class and grams of each output.
    function within(
        uint16 process,
        ILotActs.Output[] calldata inputs,
        ILotActs.Output[] calldata outputs,
        uint48 lossGrams
    ) external view returns (bool);
}
