// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVocabulary} from "../../../contracts/access/IVocabulary.sol";
import {Built} from "../support/Built.sol";

/// @notice A code keeps its first term for ever, whatever is set.
contract VocabularyTest {
    IVocabulary private _vocabulary;
    mapping(uint256 key => bytes32) private _hash;
    mapping(uint256 key => bool) private _active;

    function setUp() external {
        _vocabulary = IVocabulary(Built.deploy("Vocabulary", abi.encode(Built.manager())));
    }

    /// @dev Few lists, codes and hashes, so that sequences meet themselves.
    function testFuzz_setTerms_theFirstTermStays(uint32[20] memory seeds) external {
        IVocabulary.Term[] memory one = new IVocabulary.Term[](1);
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint8 list = uint8(seeds[i] % 2);
            uint16 code = uint16((seeds[i] >> 8) % 2) * 256;
            bytes32 termHash = bytes32(uint256((seeds[i] >> 16) % 4));
            one[0] = IVocabulary.Term(list, code, termHash, (seeds[i] >> 24) % 2 == 1);
            uint256 key = uint256(code) + list;
            bool allowed = termHash != 0 && (_hash[key] == 0 || _hash[key] == termHash);
            try _vocabulary.setTerms(one) {
                assert(allowed);
                (_hash[key], _active[key]) = (termHash, one[0].active);
            } catch {
                assert(!allowed);
            }
        }
        for (uint256 i = 0; i < 24; ++i) {
            (uint256 list, uint256 code) = (i % 8, (i / 8) * 256);
            (bytes32 termHash, bool active) = _vocabulary.term(uint8(list), uint16(code));
            assert(termHash == _hash[code + list]);
            assert(active == _active[code + list]);
        }
    }
}
