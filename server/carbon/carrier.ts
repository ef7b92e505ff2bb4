/** How verifiers' statements travel: their bytes in a request, and the call that records them. */
import { concatBytes } from "@noble/hashes/utils.js";
import { interfaces } from "../chain/contracts.ts";
import { toBytes, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Carrier } from "../relayer/port.ts";
import type { Order } from "../relayer/requests.ts";
import { recordedStatements } from "./queries.ts";
import type { SignedVerification } from "./statements.ts";

export const statementKind = "verification";

/** Statements need nothing but their report, without which they are refused at intake; so none waits for another. */
export const statementOrder: Order = {
  recorded: recordedStatements,
  seqs: () => Promise.resolve(new Map()),
  moved: () => Promise.resolve(new Map()),
  early: new Set(),
};

/** Gas of a statement at most, of a wallet's besides, and of a transaction; the carrier's tests measure them. */
const gas = { base: 100_000n, statement: 150_000n, wallet: 480_000n };

const COMPACT_SIGNATURE = 64;

/** What is stored of a statement: report, attestedKg, statement, verifier, signedAt, signature. */
export function encodeStatement({ act, signature }: SignedVerification): Uint8Array {
  const kg = act.attestedKg.toString(16).padStart(16, "0");
  const at = act.signedAt.toString(16).padStart(10, "0");
  const words: Hex[] = [act.report, `0x${kg}`, act.statement, act.verifier, `0x${at}`, signature];
  return concatBytes(...words.map(toBytes));
}

/** Where each field of a stored statement ends. */
const ends = [32, 40, 72, 92, 97];

function decode(body: Uint8Array): { fields: Hex[]; signature: Uint8Array } {
  const fields = ends.map((end, i) => toHex(body.subarray(ends[i - 1] ?? 0, end)));
  return { fields, signature: body.subarray(ends.at(-1)) };
}

/** @param projects address of `Projects` */
export function statementCarrier(projects: Hex): Carrier {
  return {
    kind: statementKind,
    to: projects,
    gasBase: gas.base,
    gasOf: (body) => gas.statement + (decode(body).signature.length === COMPACT_SIGNATURE ? 0n : gas.wallet),
    calldata(bodies) {
      const proofs: Hex[] = [];
      const rows = bodies.map((body) => {
        const { fields, signature } = decode(body);
        if (signature.length === COMPACT_SIGNATURE) {
          return [...fields, toHex(signature.subarray(0, 32)), toHex(signature.subarray(32))];
        }
        const place = proofs.push(toHex(signature)) - 1;
        return [...fields, `0x${"0".repeat(64)}`, `0x${place.toString(16).padStart(64, "0")}`];
      });
      return interfaces.Projects.encodeFunctionData("recordVerifications", [rows as never, proofs]) as Hex;
    },
  };
}
