// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IActors
/// @notice Why an account may not act, or receive.
interface IActors {
    /// @notice Thrown when a call comes through the authority's `execute`, which hides who acts.
    error ActorHidden();

    /// @notice Thrown when the sender's key signs for no account in this block.
    error ActorUnknown(address key);

    /// @notice Thrown when an account that acts or receives is not registered, or is suspended or closed.
    error AccountNotActive(address account);
}
