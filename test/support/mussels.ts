/** A mussel farm's project on a test ledger, with its verifiers, issuer and buyer: what server tests issue and retire with. */
import { id } from "ethers";
import { roles, type Role } from "../../server/access/roles.ts";
import { domainSeparator, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { statementDigest, type Verification } from "../../server/carbon/statements.ts";
import { person, type Ledger, type Person } from "./ledger.ts";

export interface Carbon {
  proponent: Person;
  measurer: Person;
  verifiers: [Person, Person, Person];
  issuer: Person;
  farmers: Person[];
  buyer: Person;
  boundary: Hex;
  /** Hands in a report for a number of whole years from 2015 on; its id. */
  report(claimedKg: bigint, fromYear?: number, years?: number): Promise<Hex>;
  statement(verifier: Person, report: Hex, attestedKg: bigint): { act: Verification; digest: Hex; signature: Hex };
  /** Carries statements of so many verifiers, each of the same kilograms. */
  verify(report: Hex, attestedKg: bigint, count?: number): Promise<void>;
  /** Issues one batch of a report; allotments are [who, kg]. */
  issue(report: Hex, vintage: number, allotments: [Person, bigint][]): Promise<void>;
  /** Retires pieces of the buyer's, as a contribution. */
  retire(holder: Person, pieces: [id: bigint, kg: bigint][]): Promise<void>;
}

/** What science contests, claimed as a contribution. */
export const scope = 4;
export const purpose = 6;

const day = (year: number): number => Date.UTC(year, 0, 1) / 86_400_000;

/** Six farmers' shares: 2,000, and 1,600 each for the others. */
export async function startCarbon(ledger: Ledger): Promise<Carbon> {
  const { call, admin, registry } = ledger;
  const [proponent, measurer, issuer, buyer] = ["proponent", "measurer", "issuer", "buyer"].map(person);
  const verifiers = [1, 2, 3].map((n) => person(`verifier ${n}`)) as Carbon["verifiers"];
  const farmers = Array.from({ length: 6 }, (_, i) => person(`farmer ${i}`));
  const separator = domainSeparator(ledger.domain);
  await ledger.register(proponent!, measurer!, issuer!, buyer!, ...verifiers, ...farmers);
  const grant = (role: Role, who: Person): Promise<unknown> =>
    call(admin, "AccessManager", "grantRole", [roles[role], who.account, 0]);
  for (const verifier of verifiers) await grant("VERIFIER", verifier);
  await grant("ISSUER", issuer!);

  const boundary = id("the bay") as Hex;
  await call(admin, "Projects", "addMethodology", [[id("methodology"), scope, 2, 0]]);
  const shares = farmers
    .map(({ account }, i) => [account, i === 0 ? 2_000 : 1_600] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parties = [1, proponent!.account, measurer!.account];
  await call(registry, "Projects", "registerProject", [[...parties, id("project"), [boundary], shares]]);

  const statement: Carbon["statement"] = (verifier, report, attestedKg) => {
    const act = { report, attestedKg, statement: id("statement") as Hex, verifier: verifier.account, signedAt: 1 };
    const digest = statementDigest(separator, act);
    return { act, digest: toHex(digest), signature: verifier.sign(digest) };
  };
  return {
    ...{ proponent: proponent!, measurer: measurer!, issuer: issuer!, buyer: buyer!, verifiers, farmers, boundary },
    statement,
    async report(claimedKg, fromYear = 2015, years = 8) {
      const days = [day(fromYear), day(fromYear + years) - 1];
      const document = id(`report ${fromYear} ${claimedKg}`);
      const { hash } = await call(measurer!, "Projects", "submitReport", [[1, boundary, ...days, claimedKg, document]]);
      const receipt = await ledger.chain.request<{ logs: { topics: Hex[] }[] }>("eth_getTransactionReceipt", [hash]);
      return receipt.logs[0]!.topics[1]!;
    },
    async verify(report, attestedKg, count = 2) {
      const acts = verifiers.slice(0, count).map((verifier) => statement(verifier, report, attestedKg));
      const rows = acts.map(({ act, signature }) => {
        const halves = [signature.slice(0, 66), `0x${signature.slice(66)}`];
        return [act.report, act.attestedKg, act.statement, act.verifier, act.signedAt, ...halves];
      });
      await call(ledger.carrier, "Projects", "recordVerifications", [rows, []]);
    },
    async issue(report, vintage, allotments) {
      const given = allotments.map(([who, kg]) => [who.account, kg]);
      await call(issuer!, "Projects", "issue", [report, [[vintage, scope, given]]]);
    },
    async retire(holder, pieces) {
      const claim = [id("a beneficiary, salted"), purpose, 202_501, 202_512, 156, id("a letter")];
      await call(holder, "Credits", "retire", [pieces, claim]);
    },
  };
}
