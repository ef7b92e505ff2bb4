// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IVocabulary} from "./IVocabulary.sol";

/// @title Vocabulary
/// @notice The governed code lists.
contract Vocabulary is IVocabulary, AccessManaged {
    struct Entry {
        bytes32 termHash;
        bool active;
    }

    mapping(uint8 list => mapping(uint16 code => Entry)) private _entries;

    /// @notice Opens empty lists.
    /// @param authority The AccessManager.
    constructor(address authority) AccessManaged(authority) {}

    // The administrator

    /// @inheritdoc IVocabulary
    function setTerms(Term[] calldata terms) external restricted {
        for (uint256 i = 0; i < terms.length; ++i) {
            Term calldata t = terms[i];
            if (t.termHash == 0) revert TermMissing(t.list, t.code);
            Entry storage entry = _entries[t.list][t.code];
            bytes32 fixedHash = entry.termHash;
            if (fixedHash == 0) entry.termHash = t.termHash;
            else if (fixedHash != t.termHash) revert TermFixed(t.list, t.code, fixedHash, t.termHash);
            entry.active = t.active;
            emit TermSet(t.list, t.code, t.termHash, t.active);
        }
    }

    // Anyone

    /// @inheritdoc IVocabulary
    function term(uint8 list, uint16 code) external view returns (bytes32 termHash, bool active) {
        Entry storage entry = _entries[list][code];
        return (entry.termHash, entry.active);
    }
}
