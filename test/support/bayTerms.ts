/** What people of the bay ask for, as the bodies of routes: each is good as it is, and any field may be replaced. */
import { expect } from "chai";
import { id } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
import { contribution, scope, type Bay } from "./bay.ts";

export const shore = id("the shore");

/** The block that begins at a serial of a batch, the first one unless said otherwise. */
export const block = (first: number | bigint, batch: number | bigint = 1): Hex =>
  `0x${((BigInt(batch) << 128n) | BigInt(first)).toString(16).padStart(64, "0")}`;

export const piece = (kg: number | bigint, of = block(1)): object => ({ block: of, kg: String(kg) });

export interface Terms {
  /** of everything that rests on one */
  document: Hex;
  project(terms?: object): object;
  /** of the year 2021 and 5,000 kg */
  report(terms?: object): object;
  /** One batch of the year 2021 with so many kg for the farmer, in one block each. */
  issuance(report: Hex, kg: readonly (number | bigint)[], terms?: object): { batches: object[] };
  /** of 1 kg of the farmer's, to the buyer */
  transfer(terms?: object): object;
  retirement(terms?: object): object;
  /** Hands a report in and has it attested in full by the first verifier; its id. */
  attested(terms?: object): Promise<Hex>;
}

/** Registers the bay's project, whose methodology asks for one verifier. */
export async function beginProject(bay: Bay): Promise<Terms> {
  const document = await bay.document("All papers of the bay");
  const { proponent, measurer, farmer, buyer } = bay;
  const shares = [
    { account: farmer.account, bps: 6_000 },
    { account: proponent.account, bps: 4_000 },
  ].toSorted((a, b) => (a.account < b.account ? -1 : 1));
  const parties = { methodology: "1", proponent: proponent.account, measurer: measurer.account };
  const period = { fromDay: "2021-01-01", toDay: "2021-12-31" };
  const months = { fromMonth: "2025-01", toMonth: "2025-12" };
  const claim = { beneficiary: id("who"), purpose: contribution, ...months };
  const made: Terms = {
    document,
    project: (terms) => ({ ...parties, document, boundaries: [shore], shares, ...terms }),
    report: (terms) => ({ boundary: shore, ...period, claimedKg: "5000", document, ...terms }),
    issuance(report, kg, terms) {
      const allotments = kg.map((each) => ({ recipient: farmer.account, kg: String(each) }));
      const batch = { vintage: 2021, scope, allotments, ...terms };
      return { report, batches: [batch] } as { batches: object[] };
    },
    transfer: (terms) => ({ pieces: [piece(1)], to: buyer.account, basis: id("a sale"), ...terms }),
    retirement: (terms) => ({ pieces: [piece(1)], ...claim, ...terms }),
    async attested(terms) {
      const report = await bay.report("1", made.report(terms));
      const digest = await bay.states(bay.statement(bay.verifier, { report, attestedKg: "5000" }));
      expect(await bay.settled(digest)).to.include({ state: "final" });
      return report;
    },
  };
  await bay.does(bay.admin, "/v1/methodologies", { document, scope, quorum: 1 });
  await bay.does(bay.registry, "/v1/projects", made.project());
  return made;
}
