// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHashes} from "../../../contracts/libraries/ActHashes.sol";
import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {Dirty} from "../support/Dirty.sol";
import {Messages} from "../support/Messages.sol";

/// @notice Gives the library calldata to read, over dirty memory.
contract ActHashesCaller is Dirty {
    function hashOf(ILotActs.SplitAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashSplit(act);
    }

    function hashOf(ILotActs.TransformAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashTransform(act);
    }

    function hashOf(ILotActs.ConcludeAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashConclude(act);
    }

    function hashOf(ILotActs.PassTitleAct calldata act) external view dirty returns (bytes32) {
        return ActHashes.hashPassTitle(act);
    }
}

/// @notice The hashing of the acts that do not travel by the hundred agrees with a plain encoding.
contract ActHashesTest {
    using Messages for *;

    ActHashesCaller private immutable CALLER = new ActHashesCaller();

    function testFuzz_hashSplit_agreesWithPlainEncoding(ILotActs.SplitAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashTransform_agreesWithPlainEncoding(ILotActs.TransformAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashConclude_agreesWithPlainEncoding(ILotActs.ConcludeAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }

    function testFuzz_hashPassTitle_agreesWithPlainEncoding(ILotActs.PassTitleAct memory act) external view {
        assert(CALLER.hashOf(act) == act.hashOf());
    }
}
