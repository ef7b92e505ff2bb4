// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ILotActs
/// @notice The acts on lots as they travel: EIP-712 messages with their signatures.
/// @dev The messages; `<tail>` is `uint40 capturedAt,bytes32 anchor,bytes32 evidence`:
///
/// - `Collect(uint16 class,uint48 grams,address collector,address keeper,<tail>,bytes32 salt)`
/// - `Handoff(bytes32 lot,address from,address to,uint48 declaredGrams,uint48 acceptedGrams,uint24 seq,uint8 bailment,<tail>)`
/// - `Split(bytes32 lot,uint24 seq,uint48[] grams,address operator,<tail>)`
/// - `Transform(uint16 process,Input[] inputs,Output[] outputs,uint48 lossGrams,address operator,<tail>,bytes32 salt)`
///   with `Input(bytes32 lot,uint24 seq)` and `Output(uint16 class,uint48 grams)`
/// - `Conclude(bytes32 lot,uint24 seq,uint48 grams,uint16 kind,address operator,<tail>)`
/// - `PassTitle(bytes32 lot,uint24 seq,address owner,address to,<tail>)`
/// - `CollectReceipt(Collect collect,bytes giverSignature)`, `HandoffReceipt(Handoff handoff,bytes giverSignature)`,
///   `TitleReceipt(PassTitle title,bytes giverSignature)`
///
/// Collector, giver or owner signs the act; keeper, receiver or new owner signs its receipt. An operator signs alone.
/// The digest of an act is that of the message, never of the receipt.
///
/// A signature is two words, r and vs. r is not zero: an ECDSA signature on secp256k1, vs is the parity of y in the
/// highest bit, then s, which must be low (EIP-2098); the receipt's `giverSignature` is these 64 bytes. r is zero: vs is
/// the index of an entry of `proofs`, and `giverSignature` is that entry as sent:
///
/// - `0x01 ‖ qx ‖ qy ‖ r ‖ s`, 129 bytes: P-256 over sha256(digest), s at most half the order, key id keccak256(qx ‖ qy);
/// - `0x02 ‖ bytes`: the account is a contract that says so itself (ERC-1271), within 400,000 gas.
///
/// `capturedAt` is in seconds since 1970 by the device's clock; `anchor` is the hash of the last block its signers had
/// seen; `evidence` the root of the salted Merkle tree of what was recorded beside the weight. Spare bits are not signed
/// and not read.
interface ILotActs {
    /// @notice A collect: the beginning of a lot, whose id is the digest.
    /// @param giverTerms `collector 160 | grams 48 | capturedAt 40 | spare 8`
    /// @param keeperTerms `keeper 160 | class 16 | spare 80`
    /// @param salt Makes two equal collects two acts.
    struct CollectAct {
        uint256 giverTerms;
        uint256 keeperTerms;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 salt;
        bytes32 giverR;
        bytes32 giverVs;
        bytes32 receiverR;
        bytes32 receiverVs;
    }

    /// @notice A handoff of a whole lot.
    /// @param terms `to 160 | declaredGrams 48 | acceptedGrams 48`
    /// @param when `from 160 | seq 24 | capturedAt 40 | bailment 8 | spare 24`; bailment other than zero: title stays
    /// with its owner.
    struct HandoffAct {
        bytes32 lot;
        uint256 terms;
        uint256 when;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 giverR;
        bytes32 giverVs;
        bytes32 receiverR;
        bytes32 receiverVs;
    }

    /// @notice A lot becomes several of the same class; the i-th child's id is {ILotLedger-childId} of the digest and i.
    struct SplitAct {
        bytes32 lot;
        uint24 seq;
        uint48[] grams;
        address operator;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A lot that goes into a process, whole.
    struct Input {
        bytes32 lot;
        uint24 seq;
    }

    /// @notice A lot that comes out of a process; residue is one too.
    struct Output {
        uint16 class;
        uint48 grams;
    }

    /// @notice Lots become other lots. Inputs stand in ascending order of their ids; the i-th output's id is
    /// {ILotLedger-childId} of the digest and i.
    struct TransformAct {
        uint16 process;
        Input[] inputs;
        Output[] outputs;
        uint48 lossGrams;
        address operator;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 salt;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Grams of a lot leave the ledger.
    /// @param kind Code of the loss kind: claimed, disposed, dried, spilled, stolen, stock-take, variance.
    struct ConcludeAct {
        bytes32 lot;
        uint24 seq;
        uint48 grams;
        uint16 kind;
        address operator;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Title to a lot passes; custody stays where it is.
    struct PassTitleAct {
        bytes32 lot;
        uint24 seq;
        address owner;
        address to;
        uint40 capturedAt;
        bytes32 anchor;
        bytes32 evidence;
        bytes32 giverR;
        bytes32 giverVs;
        bytes32 receiverR;
        bytes32 receiverVs;
    }
}
