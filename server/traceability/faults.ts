/**
 * Why the ledger would skip an act for the state of its lots: its own checks in its own order (decision 0005), against
 * the projections. Only a lot that stands at the very `seq` the act was made for decides anything: what is ahead of its
 * lots may become good, and what was overtaken is for the ledger to skip, where everybody sees it.
 */
import { lossKindClaimed } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Conclude, Handoff, PassTitle, SignedAct, Split, Transform } from "./acts.ts";
import { faultOf, type Fault } from "./reasons.ts";
import type { Stand } from "./stands.ts";

type Stands = ReadonlyMap<Hex, Stand>;

const OPEN = 0;
const BAILED = 4;
const BARRED = 1 | 2;

/** The lots that an act is made upon, each with the `seq` it is made for. */
export function lotsOf({ type, act }: SignedAct): { lot: Hex; seq: number }[] {
  if (type === "Collect") return [];
  return type === "Transform" ? act.inputs : [act];
}

/**
 * @param stands the lots of {@link lotsOf} that are indexed
 * @param unsigned what is wrong with the act's signatures
 */
export function actFault({ type, act }: SignedAct, stands: Stands, unsigned: Fault | undefined): Fault | undefined {
  switch (type) {
    case "Collect":
      return act.grams === 0 ? faultOf("GramsMissing", "the collect weighs 0 grams") : unsigned;
    case "Handoff":
      return handoffFault(act, at(stands, act), unsigned);
    case "Split":
      return splitFault(act, at(stands, act)) ?? unsigned;
    case "Transform":
      return transformFault(act, stands) ?? unsigned;
    case "Conclude":
      return concludeFault(act, at(stands, act)) ?? unsigned;
    case "PassTitle":
      return passTitleFault(act, at(stands, act)) ?? unsigned;
  }
}

/** The lot, if it stands at that `seq`. */
function at(stands: Stands, { lot, seq }: { lot: Hex; seq: number }): Stand | undefined {
  const stand = stands.get(lot);
  return stand?.seq === seq ? stand : undefined;
}

function openFault({ id: lot, disposition }: Stand): Fault | undefined {
  return disposition === OPEN ? undefined : faultOf("LotNotOpen", `lot ${lot}`, { lot, disposition });
}

function holdingFault(stand: Stand, account: Hex): Fault | undefined {
  const { id: lot, custodian } = stand;
  const open = openFault(stand);
  if (open || custodian === account) return open;
  return faultOf("NotCustodian", `${account} does not hold lot ${lot}`, { lot, account, custodian });
}

const ownerFault = ({ id: lot, owner }: Stand, account: Hex): Fault =>
  faultOf("NotOwner", `${account} does not have title to lot ${lot}`, { lot, account, owner });

function titleFault(stand: Stand, account: Hex): Fault | undefined {
  return holdingFault(stand, account) ?? ((stand.flags & BAILED) === 0 ? undefined : ownerFault(stand, account));
}

const gramsFault = (lot: Hex, stated: number | bigint, held: number | bigint): Fault =>
  faultOf(
    "GramsNotMatching",
    `the act states ${stated} g, the ledger has ${held} g of lot ${lot} and those beside it`,
    {
      lot,
      stated: String(stated),
      held: String(held),
    },
  );

/** A hundred masses of 48 bits pass what a number holds exactly. */
const sum = (grams: readonly number[]): bigint => grams.reduce((total, each) => total + BigInt(each), 0n);

function handoffFault(act: Handoff, stand: Stand | undefined, unsigned: Fault | undefined): Fault | undefined {
  if (!stand) return unsigned;
  const held = holdingFault(stand, act.from);
  if (held) return held;
  if (act.declaredGrams !== stand.grams) return gramsFault(act.lot, act.declaredGrams, stand.grams);
  if (unsigned) return unsigned;
  const { id: lot, owner } = stand;
  if ((stand.flags & BAILED) === 0 || act.bailment !== 0 || act.to === owner) return undefined;
  return faultOf("LotBailed", `lot ${lot} is in bailment for ${owner}`, { lot, to: act.to, owner });
}

function splitFault({ lot, grams, operator }: Split, stand: Stand | undefined): Fault | undefined {
  const held = stand && holdingFault(stand, operator);
  if (held) return held;
  if (grams.includes(0)) return faultOf("GramsMissing", "a child weighs 0 grams", { lot });
  if (grams.length === 0) return faultOf("PartsMissing", "the split has no children", { lot });
  return stand && sum(grams) !== BigInt(stand.grams) ? gramsFault(lot, sum(grams), stand.grams) : undefined;
}

function transformFault(act: Transform, stands: Stands): Fault | undefined {
  const { inputs, outputs, operator, lossGrams } = act;
  const lot = inputs[0]?.lot;
  if (lot === undefined || outputs.length === 0) return faultOf("PartsMissing", "a transform needs inputs and outputs");
  const held: number[] = [];
  for (const [i, input] of inputs.entries()) {
    const before = inputs[i - 1]?.lot;
    // hex of one length and case sorts as the numbers do
    if (before !== undefined && input.lot <= before) {
      return faultOf("InputsNotAscending", `input ${i}`, { lot: before, next: input.lot });
    }
    const stand = at(stands, input);
    const fault = stand && titleFault(stand, operator);
    if (fault) return fault;
    if (stand) held.push(stand.grams);
  }
  if (outputs.some(({ grams }) => grams === 0)) return faultOf("GramsMissing", "an output weighs 0 grams", { lot });
  const stated = sum([...outputs.map(({ grams }) => grams), lossGrams]);
  // the mass of all is known only once all are there
  return held.length === inputs.length && stated !== sum(held) ? gramsFault(lot, stated, sum(held)) : undefined;
}

function concludeFault(act: Conclude, stand: Stand | undefined): Fault | undefined {
  const { lot, grams, kind, operator } = act;
  const title = stand && titleFault(stand, operator);
  if (title) return title;
  if (grams === 0) return faultOf("GramsMissing", "the conclusion is of 0 grams", { lot });
  if (!stand) return undefined;
  if (grams > stand.grams) return gramsFault(lot, grams, stand.grams);
  if (kind !== lossKindClaimed || (stand.flags & BARRED) === 0) return undefined;
  return faultOf("LotBarred", `lot ${lot} is contested or quarantined`, { lot, flags: stand.flags });
}

function passTitleFault({ owner }: PassTitle, stand: Stand | undefined): Fault | undefined {
  const open = stand && openFault(stand);
  return open ?? (stand && stand.owner !== owner ? ownerFault(stand, owner) : undefined);
}
