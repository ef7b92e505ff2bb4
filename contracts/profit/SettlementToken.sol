// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Actors} from "../access/Actors.sol";
import {IParties} from "../access/IParties.sol";
import {ISettlementToken} from "./ISettlementToken.sol";

/// @title SettlementToken
/// @notice Fen that banks answer for.
contract SettlementToken is ISettlementToken, ERC20, Actors {
    uint256 private constant MOST_FEN = type(uint64).max >> 1;
    uint256 private constant MOST_ACCOUNTS = 256;

    mapping(address bank => mapping(bytes32 bankReference => bool)) private _used;
    uint128 private _depositedFen;
    uint128 private _withdrawnFen;

    /// @notice Opens with nothing.
    /// @param authority The AccessManager.
    constructor(address authority, IParties parties) ERC20("Tidemark Settlement", "FEN") Actors(authority, parties) {}

    // Banks

    /// @inheritdoc ISettlementToken
    function deposit(address account, uint256 amountFen, bytes32 bankReference) external restricted {
        address bank = _useReference(amountFen, bankReference);
        _requireActive(account);
        // what exists fits a database's integer, as every sum of it does
        if (amountFen > MOST_FEN - totalSupply()) revert AmountNotPossible(amountFen);
        _depositedFen += uint128(amountFen);
        _mint(account, amountFen);
        emit Deposited(bank, account, amountFen, bankReference);
    }

    /// @inheritdoc ISettlementToken
    function withdraw(address account, uint256 amountFen, bytes32 bankReference) external restricted {
        address bank = _useReference(amountFen, bankReference);
        // nor from the pools, whose fen are other people's
        _requireActive(account);
        _burn(account, amountFen);
        _withdrawnFen += uint128(amountFen);
        emit Withdrawn(bank, account, amountFen, bankReference);
    }

    // Pools

    /// @inheritdoc ISettlementToken
    function collect(address account, uint256 amountFen) external restricted {
        _transfer(account, msg.sender, amountFen);
    }

    /// @inheritdoc ISettlementToken
    function distribute(
        address[] calldata accounts,
        uint256[] calldata amountsFen
    ) external restricted returns (uint256 passedOver) {
        if (accounts.length != amountsFen.length || accounts.length > MOST_ACCOUNTS) {
            revert DistributionNotPossible(accounts.length, amountsFen.length);
        }
        uint256[] memory standings = PARTIES.standings(accounts);
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (_isActive(standings[i])) _update(msg.sender, accounts[i], amountsFen[i]);
            else passedOver |= 1 << i;
        }
    }

    // Holders

    /// @notice Gives fen to a registered account.
    /// @param to Who receives them.
    function transfer(address to, uint256 value) public override restricted returns (bool) {
        _requireActive(to);
        _transfer(_actor(), to, value);
        return true;
    }

    // Nobody

    /// @notice Always reverts.
    function approve(address, uint256) public pure override returns (bool) {
        revert NotApprovable();
    }

    /// @notice Always reverts.
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        revert NotApprovable();
    }

    // Anyone

    /// @inheritdoc ISettlementToken
    function totals() external view returns (uint128 depositedFen, uint128 withdrawnFen) {
        return (_depositedFen, _withdrawnFen);
    }

    /// @inheritdoc ISettlementToken
    function isUsed(address bank, bytes32 bankReference) external view returns (bool) {
        return _used[bank][bankReference];
    }

    /// @notice Two: a fen is the hundredth of a yuan.
    function decimals() public pure override returns (uint8) {
        return 2;
    }

    function _useReference(uint256 amountFen, bytes32 bankReference) private returns (address bank) {
        bank = _actor();
        if (amountFen == 0) revert AmountNotPossible(amountFen);
        if (bankReference == 0) revert ReferenceMissing();
        if (_used[bank][bankReference]) revert ReferenceUsed(bank, bankReference);
        _used[bank][bankReference] = true;
    }
}
