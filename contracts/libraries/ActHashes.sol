// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../traceability/ILotActs.sol";

/// @title ActHashes
/// @notice The EIP-712 type hashes of acts and receipts, and the struct hashes of the acts that do not travel by the
/// hundred; {Acts} hashes the others.
library ActHashes {
    bytes32 internal constant COLLECT_RECEIPT_TYPE = keccak256(
        "CollectReceipt(Collect collect,bytes giverSignature)Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
    );
    bytes32 internal constant HANDOFF_RECEIPT_TYPE = keccak256(
        "HandoffReceipt(Handoff handoff,bytes giverSignature)Handoff(bytes32 lot,address from,address to,uint48 declaredGrams,uint48 acceptedGrams,uint24 seq,uint8 bailment,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );
    bytes32 internal constant TITLE_RECEIPT_TYPE = keccak256(
        "TitleReceipt(PassTitle title,bytes giverSignature)PassTitle(bytes32 lot,uint24 seq,address owner,address to,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );
    bytes32 private constant SPLIT_TYPE = keccak256(
        "Split(bytes32 lot,uint24 seq,uint48[] grams,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );
    bytes32 private constant INPUT_TYPE = keccak256("Input(bytes32 lot,uint24 seq)");
    bytes32 private constant OUTPUT_TYPE = keccak256("Output(uint16 class,uint48 grams)");
    bytes32 private constant TRANSFORM_TYPE = keccak256(
        "Transform(uint16 process,Input[] inputs,Output[] outputs,uint48 lossGrams,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)Input(bytes32 lot,uint24 seq)Output(uint16 class,uint48 grams)"
    );
    bytes32 private constant CONCLUDE_TYPE = keccak256(
        "Conclude(bytes32 lot,uint24 seq,uint48 grams,uint16 kind,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );
    bytes32 private constant PASS_TITLE_TYPE = keccak256(
        "PassTitle(bytes32 lot,uint24 seq,address owner,address to,uint40 capturedAt,bytes32 anchor,bytes32 evidence)"
    );

    function hashSplit(ILotActs.SplitAct calldata act) internal pure returns (bytes32) {
        // abi.encodePacked pads the elements of an array to whole words, as EIP-712 wants them
        bytes32 grams = keccak256(abi.encodePacked(act.grams));
        bytes memory message = abi.encode(SPLIT_TYPE, act.lot, act.seq, grams, act.operator, act.capturedAt);
        return keccak256(bytes.concat(message, act.anchor, act.evidence));
    }

    function hashTransform(ILotActs.TransformAct calldata act) internal pure returns (bytes32) {
        bytes32[] memory inputs = new bytes32[](act.inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            inputs[i] = keccak256(abi.encode(INPUT_TYPE, act.inputs[i].lot, act.inputs[i].seq));
        }
        bytes32[] memory outputs = new bytes32[](act.outputs.length);
        for (uint256 i = 0; i < outputs.length; ++i) {
            outputs[i] = keccak256(abi.encode(OUTPUT_TYPE, act.outputs[i].class, act.outputs[i].grams));
        }
        bytes memory message = abi.encode(
            TRANSFORM_TYPE,
            act.process,
            keccak256(abi.encodePacked(inputs)),
            keccak256(abi.encodePacked(outputs)),
            act.lossGrams,
            act.operator,
            act.capturedAt
        );
        return keccak256(bytes.concat(message, act.anchor, act.evidence, act.salt));
    }

    function hashConclude(ILotActs.ConcludeAct calldata act) internal pure returns (bytes32) {
        bytes memory message = abi.encode(CONCLUDE_TYPE, act.lot, act.seq, act.grams, act.kind, act.operator);
        return keccak256(bytes.concat(message, abi.encode(act.capturedAt, act.anchor, act.evidence)));
    }

    function hashPassTitle(ILotActs.PassTitleAct calldata act) internal pure returns (bytes32) {
        bytes memory message = abi.encode(PASS_TITLE_TYPE, act.lot, act.seq, act.owner, act.to, act.capturedAt);
        return keccak256(bytes.concat(message, act.anchor, act.evidence));
    }
}
