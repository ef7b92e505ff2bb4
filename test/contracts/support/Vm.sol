// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The few cheatcodes that the tests use.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);

    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);

    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    /// @dev The creation code of a contract that was built, by its name.
    function getCode(string calldata name) external view returns (bytes memory);

    function assume(bool condition) external pure;

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory logs);
}

/// @notice An event as it was emitted since the recording began.
struct Log {
    bytes32[] topics;
    bytes data;
    address emitter;
}

/// @dev Where the test runner answers them.
Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @notice What the runner asks a stateful test for.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}
