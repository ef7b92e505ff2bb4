// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IVocabulary
/// @notice The governed code lists. What a code means is fixed for ever by the hash of its term; whether it may still be used is not.
interface IVocabulary {
    /// @notice One entry of a list.
    /// @param list Which list: lot class, process, sink kind, claim scope, purpose, licence kind, loss kind, unit …
    /// @param code The code within the list.
    /// @param termHash Hash of the term's text, in every language it has.
    /// @param active Whether the code may be used in new acts.
    struct Term {
        uint8 list;
        uint16 code;
        bytes32 termHash;
        bool active;
    }

    /// @notice A code was given its term, or was taken out of or back into use.
    event TermSet(uint8 indexed list, uint16 indexed code, bytes32 termHash, bool active);

    /// @notice Thrown when a code that has a term is given another.
    error TermFixed(uint8 list, uint16 code, bytes32 termHash, bytes32 offered);

    /// @notice Thrown when a code is given no term.
    error TermMissing(uint8 list, uint16 code);

    /// @notice Sets codes, all or none.
    function setTerms(Term[] calldata terms) external;

    /// @notice The term of a code; zero when the code has none.
    function term(uint8 list, uint16 code) external view returns (bytes32 termHash, bool active);
}
