// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotActs} from "../../../contracts/traceability/ILotActs.sol";
import {ILotLedger} from "../../../contracts/traceability/ILotLedger.sol";
import {Messages} from "./Messages.sol";
import {NaiveLots} from "./NaiveLots.sol";
import {Signing} from "./Signing.sol";

/// @notice Signs acts with the keys of the accounts they name, carries them, and weighs what they did.
abstract contract ActMaker is NaiveLots {
    using Messages for *;
    using Signing for *;

    /// @dev An act as two calls: the one that records it, the one that checks it.
    struct Signed {
        bytes record;
        bytes check;
        bytes32 digest;
    }

    ILotLedger internal immutable LEDGER;
    bytes32 private immutable DOMAIN;

    /// @dev Every call that recorded an act.
    bytes[] internal _carried;

    bytes[] private _noProofs;

    constructor() {
        LEDGER = WORLD.LEDGER();
        DOMAIN = LEDGER.domainSeparator();
    }

    function _sign(Messages.Collect memory c) internal view returns (Signed memory) {
        ILotActs.CollectAct[] memory acts = new ILotActs.CollectAct[](1);
        acts[0] = c.signed(DOMAIN, _key(c.collector), _key(c.keeper));
        return
            Signed(
                abi.encodeCall(LEDGER.recordCollects, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkCollect, (acts[0], _noProofs)),
                DOMAIN.digest(c.hashOf())
            );
    }

    function _sign(Messages.Handoff memory h) internal view returns (Signed memory) {
        ILotActs.HandoffAct[] memory acts = new ILotActs.HandoffAct[](1);
        acts[0] = _packed(h);
        return
            Signed(
                abi.encodeCall(LEDGER.recordHandoffs, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkHandoff, (acts[0], _noProofs)),
                DOMAIN.digest(h.hashOf())
            );
    }

    function _sign(ILotActs.SplitAct memory s) internal view returns (Signed memory) {
        s.sign(DOMAIN, _key(s.operator));
        ILotActs.SplitAct[] memory acts = new ILotActs.SplitAct[](1);
        acts[0] = s;
        return
            Signed(
                abi.encodeCall(LEDGER.recordSplits, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkSplit, (s, _noProofs)),
                DOMAIN.digest(s.hashOf())
            );
    }

    function _sign(ILotActs.TransformAct memory t) internal view returns (Signed memory) {
        t.sign(DOMAIN, _key(t.operator));
        ILotActs.TransformAct[] memory acts = new ILotActs.TransformAct[](1);
        acts[0] = t;
        return
            Signed(
                abi.encodeCall(LEDGER.recordTransforms, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkTransform, (t, _noProofs)),
                DOMAIN.digest(t.hashOf())
            );
    }

    function _sign(ILotActs.ConcludeAct memory c) internal view returns (Signed memory) {
        c.sign(DOMAIN, _key(c.operator));
        ILotActs.ConcludeAct[] memory acts = new ILotActs.ConcludeAct[](1);
        acts[0] = c;
        return
            Signed(
                abi.encodeCall(LEDGER.recordConcludes, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkConclude, (c, _noProofs)),
                DOMAIN.digest(c.hashOf())
            );
    }

    function _sign(ILotActs.PassTitleAct memory p) internal view returns (Signed memory) {
        p.sign(DOMAIN, _key(p.owner), _key(p.to));
        ILotActs.PassTitleAct[] memory acts = new ILotActs.PassTitleAct[](1);
        acts[0] = p;
        return
            Signed(
                abi.encodeCall(LEDGER.recordPassTitles, (acts, _noProofs)),
                abi.encodeCall(LEDGER.checkPassTitle, (p, _noProofs)),
                DOMAIN.digest(p.hashOf())
            );
    }

    function _packed(Messages.Handoff memory h) internal view returns (ILotActs.HandoffAct memory) {
        return h.signed(DOMAIN, _key(h.from), _key(h.to));
    }

    /// @dev Carries a good act. T1 in what the ledger itself stores: grams of the lots it names, before, and what was
    /// collected are grams of those lots and of `made`, after, and what was concluded. T2: none of them grew.
    function _record(Signed memory s, bytes32[] memory named, uint256 made) internal {
        (bool good, bytes memory why) = address(LEDGER).staticcall(s.check);
        require(good, string(why));
        uint256[] memory held = _held(named);
        (uint256 collectedBefore, uint256 concludedBefore) = LEDGER.totals();
        _carry(s.record);
        (uint256 collectedAfter, uint256 concludedAfter) = LEDGER.totals();
        uint256 left = _sum(held) + collectedAfter - collectedBefore;
        uint256 right = concludedAfter - concludedBefore;
        for (uint256 i = 0; i < made; ++i) right += _gramsOf(keccak256(abi.encode(s.digest, i)));
        uint256[] memory kept = _held(named);
        // a collect's lot is there only now
        if (collectedAfter != collectedBefore) right += _gramsOf(s.digest);
        require(left == right + _sum(kept), "T1: grams in are not grams out and loss");
        for (uint256 i = 0; i < named.length; ++i) require(kept[i] <= held[i], "T2: a lot grew");
        _carried.push(s.record);
    }

    /// @dev Carries an act that cannot be true, and expects that its check says why.
    function _refuse(Signed memory s, bytes4 reason) internal {
        (bool good, bytes memory why) = address(LEDGER).staticcall(s.check);
        require(!good && bytes4(why) == reason, "the check gave another reason");
        _carry(s.record);
    }

    function _carry(bytes memory record) internal {
        (bool carried, ) = address(LEDGER).call(record);
        require(carried, "an act stopped its batch");
    }

    function _held(bytes32[] memory named) private view returns (uint256[] memory grams) {
        grams = new uint256[](named.length);
        for (uint256 i = 0; i < named.length; ++i) grams[i] = _gramsOf(named[i]);
    }

    function _sum(uint256[] memory grams) private pure returns (uint256 total) {
        for (uint256 i = 0; i < grams.length; ++i) total += grams[i];
    }

    function _gramsOf(bytes32 lot) private view returns (uint256) {
        return uint48(LEDGER.lots(lot) >> 48);
    }

    /// @dev Accounts that nobody registered have a key as well.
    function _key(address account) private view returns (uint256 privateKey) {
        privateKey = WORLD.privateKeys(account);
        return privateKey == 0 ? uint256(keccak256(abi.encode(account))) : privateKey;
    }
}
