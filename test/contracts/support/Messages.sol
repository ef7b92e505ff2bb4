// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";

/// @notice The acts as EIP-712 has them, hashed plainly. Splits, transforms, conclusions and passings of title are what
/// travels; collects and handoffs travel packed.
library Messages {
    struct Collect {
        uint16 class;
        uint48 grams;
        address collector;
        address keeper;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 salt;
    }

    struct Handoff {
        bytes32 lot;
        address from;
        address to;
        uint48 declaredGrams;
        uint48 acceptedGrams;
        uint24 seq;
        uint8 bailment;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
    }

    string private constant COLLECT =
        "Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)";
    string private constant HANDOFF =
        "Handoff(bytes32 lot,address from,address to,uint48 declaredGrams,uint48 acceptedGrams,uint24 seq,uint8 bailment,uint40 capturedAt,bytes32 anchor,bytes32 evidence)";
    string private constant PASS_TITLE =
        "PassTitle(bytes32 lot,uint24 seq,address owner,address to,uint40 capturedAt,bytes32 anchor,bytes32 evidence)";
    string private constant SPLIT =
        "Split(bytes32 lot,uint24 seq,uint48[] grams,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence)";
    string private constant CONCLUDE =
        "Conclude(bytes32 lot,uint24 seq,uint48 grams,uint16 kind,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence)";
    string private constant TRANSFORM =
        "Transform(uint16 process,Input[] inputs,Output[] outputs,uint48 lossGrams,address operator,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)";
    string private constant INPUT = "Input(bytes32 lot,uint24 seq)";
    string private constant OUTPUT = "Output(uint16 class,uint48 grams)";

    function hashOf(Collect memory c) internal pure returns (bytes32) {
        // a struct without dynamic members encodes as its members do
        return keccak256(abi.encode(_type(COLLECT), c));
    }

    function hashOf(Handoff memory h) internal pure returns (bytes32) {
        return keccak256(abi.encode(_type(HANDOFF), h));
    }

    function hashOf(ILotActs.PassTitleAct memory p) internal pure returns (bytes32) {
        bytes32 typeHash = _type(PASS_TITLE);
        return keccak256(abi.encode(typeHash, p.lot, p.seq, p.owner, p.to, p.capturedAt, p.anchor, p.evidence));
    }

    function hashOf(ILotActs.ConcludeAct memory c) internal pure returns (bytes32) {
        bytes32 typeHash = _type(CONCLUDE);
        return
            keccak256(
                abi.encode(typeHash, c.lot, c.seq, c.grams, c.kind, c.operator, c.capturedAt, c.anchor, c.evidence)
            );
    }

    function hashOf(ILotActs.SplitAct memory s) internal pure returns (bytes32) {
        bytes memory grams = "";
        for (uint256 i = 0; i < s.grams.length; ++i) grams = bytes.concat(grams, abi.encode(s.grams[i]));
        bytes32 parts = keccak256(grams);
        return keccak256(abi.encode(_type(SPLIT), s.lot, s.seq, parts, s.operator, s.capturedAt, s.anchor, s.evidence));
    }

    function hashOf(ILotActs.TransformAct memory t) internal pure returns (bytes32) {
        bytes memory inputs = "";
        for (uint256 i = 0; i < t.inputs.length; ++i) {
            inputs = bytes.concat(inputs, keccak256(abi.encode(_type(INPUT), t.inputs[i])));
        }
        bytes memory outputs = "";
        for (uint256 i = 0; i < t.outputs.length; ++i) {
            outputs = bytes.concat(outputs, keccak256(abi.encode(_type(OUTPUT), t.outputs[i])));
        }
        bytes32 typeHash = keccak256(abi.encodePacked(TRANSFORM, INPUT, OUTPUT));
        bytes memory head = abi.encode(typeHash, t.process, keccak256(inputs), keccak256(outputs), t.lossGrams);
        return keccak256(abi.encodePacked(head, abi.encode(t.operator, t.capturedAt, t.anchor, t.evidence, t.salt)));
    }

    function collectReceipt(bytes32 structHash, bytes memory giverSignature) internal pure returns (bytes32) {
        return _receipt("CollectReceipt(Collect collect,bytes giverSignature)", COLLECT, structHash, giverSignature);
    }

    function handoffReceipt(bytes32 structHash, bytes memory giverSignature) internal pure returns (bytes32) {
        return _receipt("HandoffReceipt(Handoff handoff,bytes giverSignature)", HANDOFF, structHash, giverSignature);
    }

    function titleReceipt(bytes32 structHash, bytes memory giverSignature) internal pure returns (bytes32) {
        return _receipt("TitleReceipt(PassTitle title,bytes giverSignature)", PASS_TITLE, structHash, giverSignature);
    }

    /// @notice The EIP-712 digest of a struct.
    function digest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, structHash));
    }

    function _receipt(
        string memory head,
        string memory nested,
        bytes32 structHash,
        bytes memory giverSignature
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encodePacked(head, nested)), structHash, keccak256(giverSignature)));
    }

    function _type(string memory text) private pure returns (bytes32) {
        return keccak256(bytes(text));
    }
}
