/** What everybody is told of lots as it becomes final. Who held or signed is not: these may be persons. */
import { z } from "zod";
import type { LotEvent } from "../chain/lotEvents.ts";
import type { News } from "../indexer/port.ts";
import { hash } from "../wire.ts";
import { presentLotFlags, type LotFlag } from "./presentation.ts";
import { reasonOf } from "./reasons.ts";

const flags = z.array(z.enum(["contested", "quarantined", "bailed", "review"] satisfies LotFlag[]));
const lots = z.array(hash).meta({ description: "it was made upon; the lot itself for a collect" });
const massGrams = z.int().nullable().meta({ description: "that changed hands, went in or left; null for a title" });

/** The news of this room, by type. */
export const lotNews = {
  act: z
    .strictObject({
      kind: z.enum(["collect", "handoff", "split", "transform", "conclude", "pass-title"]),
      digest: hash.meta({ description: "of the act: GET /v1/requests/{digest}" }),
      lots,
      massGrams,
      flags: flags.meta({ description: "of the lot after it; none for a transform" }),
    })
    .meta({ description: "An act upon lots was recorded" }),
  "act-skipped": z
    .strictObject({
      digest: hash,
      lot: hash,
      reason: z.string().meta({ description: "a name of GET /v1/reasons" }),
    })
    .meta({ description: "An act was carried to the ledger, which did not record it" }),
  ruling: z
    .strictObject({
      kind: z.enum(["flags", "void"]),
      lot: hash,
      set: flags,
      cleared: flags,
      massGrams: z.int().nullable().meta({ description: "that left the ledger; null unless the lot is void" }),
      basis: hash.meta({ description: "of the reasoned decision" }),
    })
    .meta({ description: "An auditor ruled on a lot" }),
};

type Data<Type extends keyof typeof lotNews> = z.input<(typeof lotNews)[Type]>;

const act = (data: Data<"act">): News => ({ type: "act", data });
const sum = (grams: readonly number[]): number => grams.reduce((total, each) => total + each, 0);

/** `reasons 4 | lot flags 4` */
const flagsOf = (byte: number): LotFlag[] => presentLotFlags(byte & 15);

/** The news of an event of `LotLedger`. */
export function tellLot({ name, args }: LotEvent): News {
  switch (name) {
    case "Collected": {
      const { lot, grams } = args;
      return act({ kind: "collect", digest: lot, lots: [lot], massGrams: grams, flags: flagsOf(args.flags) });
    }
    case "HandedOver": {
      // a heavier scale adds nothing
      const grams = Math.min(args.declaredGrams, args.acceptedGrams);
      const { digest, lot } = args;
      return act({ kind: "handoff", digest, lots: [lot], massGrams: grams, flags: flagsOf(args.flags) });
    }
    case "LotSplit": {
      const { digest, lot, grams } = args;
      return act({ kind: "split", digest, lots: [lot], massGrams: sum(grams), flags: flagsOf(args.flags) });
    }
    case "Transformed": {
      const { digest, inputs, outputs, lossGrams } = args;
      const grams = sum(outputs.map((output) => output.grams)) + lossGrams;
      return act({ kind: "transform", digest, lots: inputs.map(({ lot }) => lot), massGrams: grams, flags: [] });
    }
    case "Concluded": {
      const { digest, lot, grams } = args;
      return act({ kind: "conclude", digest, lots: [lot], massGrams: grams, flags: flagsOf(args.flags) });
    }
    case "TitlePassed": {
      const { digest, lot } = args;
      return act({ kind: "pass-title", digest, lots: [lot], massGrams: null, flags: flagsOf(args.flags) });
    }
    case "Skipped": {
      const data: Data<"act-skipped"> = { ...args, reason: reasonOf(args.reason)?.name ?? args.reason };
      return { type: "act-skipped", data };
    }
    case "FlagsChanged": {
      const [set, cleared] = [presentLotFlags(args.set), presentLotFlags(args.cleared)];
      const data: Data<"ruling"> = { kind: "flags", lot: args.lot, set, cleared, massGrams: null, basis: args.basis };
      return { type: "ruling", data };
    }
    case "LotVoided": {
      const { lot, grams, basis } = args;
      const data: Data<"ruling"> = { kind: "void", lot, set: [], cleared: [], massGrams: grams, basis };
      return { type: "ruling", data };
    }
  }
}
