import { expect } from "chai";
import { id, type ParamType } from "ethers";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { decodeLotLog } from "../../../server/chain/lotEvents.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { factLine } from "../../../server/indexer/digests.ts";
import { openEmbedded } from "../../support/chains.ts";
import { startDag } from "../../support/dag.ts";
import { headOf } from "../../support/indexing.ts";
import { openLedger } from "../../support/ledger.ts";

/** The fields of `terms` with their bits, from the highest down (ILotEvents.sol). */
const layouts: Record<string, [field: string, bits: bigint][]> = {
  Collected: [
    ["grams", 48n],
    ["capturedAt", 40n],
    ["flags", 8n],
  ],
  HandedOver: [
    ["declaredGrams", 48n],
    ["acceptedGrams", 48n],
    ["seq", 24n],
    ["capturedAt", 40n],
    ["flags", 8n],
    ["bailment", 8n],
  ],
  LotSplit: [
    ["seq", 24n],
    ["capturedAt", 40n],
    ["flags", 8n],
  ],
  Transformed: [
    ["lossGrams", 48n],
    ["capturedAt", 40n],
    ["flags", 8n],
  ],
  Concluded: [
    ["grams", 48n],
    ["seq", 24n],
    ["capturedAt", 40n],
    ["flags", 8n],
  ],
  TitlePassed: [
    ["seq", 24n],
    ["capturedAt", 40n],
    ["flags", 8n],
  ],
};

function opened(layout: [field: string, bits: bigint][], terms: bigint): [string, number][] {
  let from = 256n;
  return layout.map(([field, bits]) => {
    from -= bits;
    return [field, Number((terms >> from) & ((1n << bits) - 1n))];
  });
}

/** Numbers as numbers, hex in lower case, structs as objects: ethers' results as ours are. */
function plain(type: ParamType, value: unknown): unknown {
  const items = value as unknown[];
  if (type.isArray()) return items.map((item) => plain(type.arrayChildren, item));
  if (type.isTuple()) return Object.fromEntries(type.components.map((part, i) => [part.name, plain(part, items[i])]));
  return typeof value === "bigint" ? Number(value) : String(value).toLowerCase();
}

describe("decoding by slicing: LotLedger", function () {
  this.timeout(60_000);

  it("given every kind of log of a ledger, when decoded, then it says what ethers' own decoder says, in the same order", async () => {
    const chain = await openEmbedded();
    try {
      const ledger = await openLedger(chain.chain);
      const dag = await startDag(ledger, 7);
      await dag.play(120);
      const { address } = ledger.deployment.contracts.LotLedger;
      const seen = new Set<string>();
      for (const log of await readLogs(ledger.chain, 0, await headOf(ledger), [address])) {
        const header = (await readHeader(ledger.chain, log.block))!;
        const parsed = interfaces.LotLedger.parseLog(log)!;
        const event = decodeLotLog(log, header);
        if (parsed.name === "AuthorityUpdated") {
          expect(event).to.equal(undefined);
          continue;
        }
        seen.add(parsed.name);
        const { name, args, ...place } = event!;
        const at = { block: log.block, at: header.timestamp, index: log.index, tx: log.tx };
        expect({ name, ...place }).to.deep.equal({ name: parsed.name, ...at });
        const theirs = parsed.fragment.inputs.flatMap((type, i): [string, unknown][] => {
          const value: unknown = parsed.args[i];
          return type.name === "terms"
            ? opened(layouts[parsed.name]!, value as bigint)
            : [[type.name, plain(type, value)]];
        });
        // the order of arguments is part of the effects digest
        expect(Object.entries(args)).to.deep.equal(theirs);
      }
      const all = [...Object.keys(layouts), "FlagsChanged", "LotVoided", "Skipped"];
      expect([...seen].sort()).to.deep.equal(all.sort());
    } finally {
      await chain.close();
    }
  });

  it("given events with arrays, when they become facts, then arrays and structs stand as the protocol says", () => {
    const lot = id("lot") as Hex;
    const args = { grams: [1, 2], inputs: [{ lot, seq: 3 }], outputs: [], lossGrams: 0 };
    expect(factLine("Transformed", args)).to.equal(
      `Transformed grams=[1,2] inputs=[(${lot},3)] outputs=[] lossGrams=0`,
    );
  });
});
