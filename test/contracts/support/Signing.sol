// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {Messages} from "./Messages.sol";
import {VM} from "./Vm.sol";

/// @notice Packs acts for travel and signs them with private keys of secp256k1.
library Signing {
    using Messages for *;

    function pack(Messages.Collect memory c) internal pure returns (ILotActs.CollectAct memory act) {
        act.giverTerms = uint256(bytes32(abi.encodePacked(c.collector, c.grams, c.capturedAt, uint8(0))));
        act.keeperTerms = uint256(bytes32(abi.encodePacked(c.keeper, c.class, uint80(0))));
        (act.anchor, act.evidence, act.salt) = (c.anchor, c.evidence, c.salt);
    }

    function pack(Messages.Handoff memory h) internal pure returns (ILotActs.HandoffAct memory act) {
        act.lot = h.lot;
        act.terms = uint256(bytes32(abi.encodePacked(h.to, h.declaredGrams, h.acceptedGrams)));
        act.when = uint256(bytes32(abi.encodePacked(h.from, h.seq, h.capturedAt, h.bailment, uint24(0))));
        (act.anchor, act.evidence) = (h.anchor, h.evidence);
    }

    /// @notice EIP-2098: r, and s with the parity of y above it.
    function compact(uint256 privateKey, bytes32 hash) internal pure returns (bytes32 r, bytes32 vs) {
        (uint8 v, bytes32 first, bytes32 s) = VM.sign(privateKey, hash);
        return (first, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function signed(
        Messages.Collect memory c,
        bytes32 domain,
        uint256 giver,
        uint256 receiver
    ) internal pure returns (ILotActs.CollectAct memory act) {
        act = pack(c);
        bytes32 hash = c.hashOf();
        (act.giverR, act.giverVs) = compact(giver, domain.digest(hash));
        bytes32 receipt = hash.collectReceipt(abi.encodePacked(act.giverR, act.giverVs));
        (act.receiverR, act.receiverVs) = compact(receiver, domain.digest(receipt));
    }

    function signed(
        Messages.Handoff memory h,
        bytes32 domain,
        uint256 giver,
        uint256 receiver
    ) internal pure returns (ILotActs.HandoffAct memory act) {
        act = pack(h);
        bytes32 hash = h.hashOf();
        (act.giverR, act.giverVs) = compact(giver, domain.digest(hash));
        bytes32 receipt = hash.handoffReceipt(abi.encodePacked(act.giverR, act.giverVs));
        (act.receiverR, act.receiverVs) = compact(receiver, domain.digest(receipt));
    }

    function sign(ILotActs.PassTitleAct memory act, bytes32 domain, uint256 giver, uint256 receiver) internal pure {
        bytes32 hash = act.hashOf();
        (act.giverR, act.giverVs) = compact(giver, domain.digest(hash));
        bytes32 receipt = hash.titleReceipt(abi.encodePacked(act.giverR, act.giverVs));
        (act.receiverR, act.receiverVs) = compact(receiver, domain.digest(receipt));
    }

    function sign(ILotActs.SplitAct memory act, bytes32 domain, uint256 key) internal pure {
        (act.r, act.vs) = compact(key, domain.digest(act.hashOf()));
    }

    function sign(ILotActs.TransformAct memory act, bytes32 domain, uint256 key) internal pure {
        (act.r, act.vs) = compact(key, domain.digest(act.hashOf()));
    }

    function sign(ILotActs.ConcludeAct memory act, bytes32 domain, uint256 key) internal pure {
        (act.r, act.vs) = compact(key, domain.digest(act.hashOf()));
    }
}
