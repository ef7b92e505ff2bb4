/** Acts as the relayer takes them: what each needs and brings about, and the bytes that travel. */
import type { Hex } from "../chain/port.ts";
import type { NewRequest } from "../relayer/requests.ts";
import type { SignedAct } from "./acts.ts";
import { kinds } from "./carriers.ts";
import { childId } from "./children.ts";
import { encodeAct } from "./encoding.ts";

type Place = Pick<NewRequest, "party" | "subject" | "seq" | "inputs" | "outputs">;

/** A signed act as a request; its receipt is the intake's to add. */
export function requestOf({ id, signed }: { id: Hex; signed: SignedAct }): Omit<NewRequest, "receipt" | "acceptedAt"> {
  return { digest: id, kind: kinds[signed.type], body: encodeAct(signed), ...placeOf(id, signed) };
}

const children = (digest: Hex, parts: readonly unknown[]): Hex[] => parts.map((_, i) => childId(digest, i));

function placeOf(digest: Hex, { type, act }: SignedAct): Place {
  switch (type) {
    case "Collect":
      return { party: act.collector, subject: digest, seq: -1 };
    case "Handoff":
      return { party: act.from, subject: act.lot, seq: act.seq };
    case "Split":
      return { party: act.operator, subject: act.lot, seq: act.seq, outputs: children(digest, act.grams) };
    case "Transform": {
      const [{ lot, seq }, ...others] = act.inputs as [Transformed, ...Transformed[]];
      const inputs = others.map((input) => ({ subject: input.lot, seq: input.seq }));
      return { party: act.operator, subject: lot, seq, inputs, outputs: children(digest, act.outputs) };
    }
    case "Conclude":
      return { party: act.operator, subject: act.lot, seq: act.seq };
    case "PassTitle":
      return { party: act.owner, subject: act.lot, seq: act.seq };
  }
}

type Transformed = Extract<SignedAct, { type: "Transform" }>["act"]["inputs"][number];
