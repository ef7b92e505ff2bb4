// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LotWord} from "../../../contracts/libraries/LotWord.sol";

/// @notice A lot's word against a plain packing of its fields.
contract LotWordTest {
    using LotWord for uint256;

    struct Fields {
        address custodian;
        uint48 grams;
        uint24 seq;
        uint16 class;
        uint8 disposition;
        uint8 flags;
    }

    function testFuzz_fields_areThoseThatWerePacked(Fields memory f) external pure {
        uint256 word = _pack(f);
        assert(word.custodianOf() == f.custodian);
        assert(word.gramsOf() == f.grams);
        assert(word.seqOf() == f.seq);
        assert(word.classOf() == f.class);
        assert(word.dispositionOf() == f.disposition);
        assert(word.flagsOf() == f.flags);
        f.disposition = 0;
        assert(LotWord.open(uint160(f.custodian), f.grams, f.seq, f.class, f.flags) == _pack(f));
    }

    function testFuzz_afterAct_movesSeqAndEndsWhatIsEmpty(Fields memory f, uint48 left, uint8 flags) external pure {
        if (f.seq == type(uint24).max) f.seq = 0;
        f.disposition = 0;
        uint256 before = _pack(f);
        Fields memory after_ = Fields(f.custodian, left, f.seq + 1, f.class, left == 0 ? 1 : 0, flags % 16);
        assert(before.afterAct(left, flags % 16) == _pack(after_));
    }

    /// @dev The last seq, which has no successor, is never given.
    function testFuzz_handedOver_movesSeqAndKeepsTheClass(Fields memory f, Fields memory next) external pure {
        if (f.seq == type(uint24).max) f.seq -= 1;
        uint256 before = _pack(f);
        (next.seq, next.class) = (f.seq + 1, f.class);
        uint256 after_ = _pack(next);
        assert(before.handedOver(uint160(next.custodian), next.grams, uint8(after_)) == after_);
    }

    function testFuzz_rulings_leaveTheRest(Fields memory f, uint8 flags) external pure {
        uint256 word = _pack(f);
        f.flags = flags % 16;
        assert(word.withFlags(f.flags) == _pack(f));
        word = _pack(f);
        (f.grams, f.disposition) = (0, 2);
        assert(word.voided() == _pack(f));
    }

    /// @dev Brings disposition and flags into their four bits.
    function _pack(Fields memory f) private pure returns (uint256) {
        (f.disposition, f.flags) = (f.disposition % 16, f.flags % 16);
        uint8 low = f.disposition * 16 + f.flags;
        return uint256(bytes32(abi.encodePacked(f.custodian, f.grams, f.seq, f.class, low)));
    }
}
