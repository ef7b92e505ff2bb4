// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ISettlementToken
/// @notice Money that banks hold, in fen (1/100 yuan): minted against deposits, burned against withdrawals, held by
/// registered accounts. Who acts is the account that the sender's key signs for. There are no approvals.
interface ISettlementToken {
    /// @notice A bank holds so much more for an account.
    event Deposited(address indexed bank, address indexed account, uint256 amountFen, bytes32 bankReference);

    /// @notice A bank has paid so much out to an account.
    event Withdrawn(address indexed bank, address indexed account, uint256 amountFen, bytes32 bankReference);

    /// @notice Thrown by every ERC-20 function that approves, or moves what was approved.
    error NotApprovable();

    /// @notice Thrown when a bank gives a reference that it has given before.
    error ReferenceUsed(address bank, bytes32 bankReference);

    /// @notice Thrown when a bank gives no reference.
    error ReferenceMissing();

    /// @notice Thrown when no money is to move, or more than 2^63 − 1 fen would exist.
    error AmountNotPossible(uint256 amountFen);

    /// @notice Thrown when a distribution does not have an amount for each account, or has more than 256.
    error DistributionNotPossible(uint256 accounts, uint256 amounts);

    /// @notice Mints against a deposit.
    /// @param bankReference Hash of the bank's own reference, used once by each bank, for a deposit or a withdrawal.
    function deposit(address account, uint256 amountFen, bytes32 bankReference) external;

    /// @notice Burns against a withdrawal.
    /// @param bankReference As in {deposit}.
    function withdraw(address account, uint256 amountFen, bytes32 bankReference) external;

    /// @notice Takes money from an account into the sender's hands. Pools may, on that account's own command.
    function collect(address account, uint256 amountFen) external;

    /// @notice Pays up to 256 accounts from the sender's hands. One that is not active is passed over.
    /// @return passedOver Bit i is set where the i-th account got nothing.
    function distribute(
        address[] calldata accounts,
        uint256[] calldata amountsFen
    ) external returns (uint256 passedOver);

    /// @notice What banks have taken in and paid out so far, in fen.
    function totals() external view returns (uint128 depositedFen, uint128 withdrawnFen);

    /// @notice Whether a bank has used a reference.
    function isUsed(address bank, bytes32 bankReference) external view returns (bool);
}
