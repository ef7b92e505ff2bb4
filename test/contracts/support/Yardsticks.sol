// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @notice What a payout of pools is measured beside: an ERC-20 that anybody mints.
contract PlainToken is ERC20("Plain", "PLAIN") {
    /// @notice Makes so much.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}

/// @notice Pays in a loop, and asks for no proof and no standing.
contract PlainPush {
    /// @notice Pays each account its amount.
    function push(ERC20 token, address[] calldata accounts, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < accounts.length; ++i) require(token.transfer(accounts[i], amounts[i]));
    }
}

/// @notice Everybody's share is proved by itself and paid once, in a transaction each.
contract LeafClaims {
    bytes32 private immutable ROOT;
    ERC20 private immutable TOKEN;

    mapping(uint256 word => uint256 bits) private _claimed;

    constructor(ERC20 token, bytes32 root) {
        (TOKEN, ROOT) = (token, root);
    }

    /// @notice Pays an account the leaf with this index.
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata proof) external {
        uint256 bit = 1 << (index & 0xff);
        require(_claimed[index >> 8] & bit == 0);
        _claimed[index >> 8] |= bit;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, amount))));
        require(MerkleProof.verifyCalldata(proof, ROOT, leaf));
        require(TOKEN.transfer(account, amount));
    }
}
