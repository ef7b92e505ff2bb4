/** How traceability's acts travel: which function of which contract takes them, and what they may cost. */
import { concatBytes } from "@noble/hashes/utils.js";
import { interfaces } from "../chain/contracts.ts";
import { toBytes, toHex, uintWord } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Carrier } from "../relayer/port.ts";
import { collectGas } from "./gas.ts";

const recordCollects = toBytes(interfaces.LotLedger.getFunction("recordCollects").selector as Hex);

/** `recordCollects(CollectAct[] acts, bytes[] proofs)` with no proofs: two offsets, the acts' nine words each, an empty array. */
function collectsCalldata(bodies: readonly Uint8Array[]): Hex {
  const acts = concatBytes(...bodies);
  const proofsAt = 64 + 32 + acts.length;
  return toHex(
    concatBytes(recordCollects, uintWord(64), uintWord(proofsAt), uintWord(bodies.length), acts, uintWord(0)),
  );
}

/** @param ledger address of `LotLedger` */
export function traceabilityCarriers(ledger: Hex): Carrier[] {
  return [
    {
      kind: "collect",
      to: ledger,
      gasBase: collectGas.base,
      gasOf: () => collectGas.perItem,
      calldata: collectsCalldata,
    },
  ];
}
