// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {VM} from "./Vm.sol";

/// @notice Collects as the tests mean them, with plain hashing and real signatures.
library Signing {
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

    function pack(Collect memory c) internal pure returns (ILotActs.CollectAct memory act) {
        act.giverTerms = uint256(bytes32(abi.encodePacked(c.collector, c.grams, c.capturedAt, uint8(0))));
        act.keeperTerms = uint256(bytes32(abi.encodePacked(c.keeper, c.class, uint80(0))));
        act.anchor = c.anchor;
        act.evidence = c.evidence;
        act.salt = c.salt;
    }

    function collectHash(Collect memory c) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
                    ),
                    c.class,
                    c.grams,
                    c.collector,
                    c.keeper,
                    c.capturedAt,
                    c.anchor,
                    c.evidence,
                    c.salt
                )
            );
    }

    function receiptHash(Collect memory c, bytes memory giverSignature) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "CollectReceipt(Collect collect,bytes giverSignature)Collect(uint16 class,uint48 grams,address collector,address keeper,uint40 capturedAt,bytes32 anchor,bytes32 evidence,bytes32 salt)"
                    ),
                    collectHash(c),
                    keccak256(giverSignature)
                )
            );
    }

    function digest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", domain, structHash));
    }

    function compact(uint256 privateKey, bytes32 hash) internal pure returns (bytes32 r, bytes32 vs) {
        (uint8 v, bytes32 first, bytes32 s) = VM.sign(privateKey, hash);
        return (first, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function signed(
        Collect memory c,
        bytes32 domain,
        uint256 giver,
        uint256 receiver
    ) internal pure returns (ILotActs.CollectAct memory act) {
        act = pack(c);
        (act.giverR, act.giverVs) = compact(giver, digest(domain, collectHash(c)));
        bytes memory first = abi.encodePacked(act.giverR, act.giverVs);
        (act.receiverR, act.receiverVs) = compact(receiver, digest(domain, receiptHash(c, first)));
    }
}
