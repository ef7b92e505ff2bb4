// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlockWord} from "../../../contracts/libraries/BlockWord.sol";

/// @notice A block's word against a plain packing of its fields.
contract BlockWordTest {
    using BlockWord for uint256;

    struct Fields {
        uint64 kg;
        uint8 disposition;
        uint8 locks;
        uint64 retirement;
        uint16 purpose;
    }

    function testFuzz_fields_areThoseThatWerePacked(Fields memory f) external pure {
        uint256 word = _pack(f);
        assert(word.kgOf() == f.kg);
        assert(word.dispositionOf() == f.disposition);
        assert(word.locksOf() == f.locks);
        assert(word.purposeOf() == f.purpose);
        assert(word.isBound() == (f.disposition != 0 || f.locks != 0));
        assert(BlockWord.live(f.kg) == _pack(Fields(f.kg, 0, 0, 0, 0)));
    }

    function testFuzz_changes_leaveTheRest(Fields memory f, uint64 kg, uint8 locks, uint16 purpose) external pure {
        uint256 word = _pack(f);
        f.kg = kg;
        assert(word.withKg(kg) == _pack(f));
        word = _pack(f);
        (f.locks, f.purpose) = (locks, purpose);
        assert(word.locked(locks, purpose) == _pack(f));
    }

    /// @dev Only what lives ends.
    function testFuzz_ended_keepsLocksAndPurpose(Fields memory f, uint8 disposition, uint64 retirement) external pure {
        (f.disposition, f.retirement) = (0, 0);
        uint256 word = _pack(f);
        (f.disposition, f.retirement) = (disposition, retirement);
        assert(word.ended(disposition, retirement) == _pack(f));
    }

    function _pack(Fields memory f) private pure returns (uint256) {
        bytes memory packed = abi.encodePacked(f.kg, f.disposition, f.locks, f.retirement, f.purpose, uint96(0));
        return uint256(bytes32(packed));
    }
}
