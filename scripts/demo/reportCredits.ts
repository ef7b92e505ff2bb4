/** What the player shows of credits and money: what became of each sink, certificates to check, and three statements of what was paid. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { payeeView } from "../../server/profit/schemas.ts";
import { verify } from "../verify/verify.ts";
import { actKeyOf } from "./keys.ts";
import type { Credits } from "./playCredits.ts";
import { works } from "./scenario/offices.ts";
import { VERIFIERS, type Who } from "./scenario/people.ts";
import { count, kilograms, table, yuan, type Screen } from "./screen.ts";
import { saltOf, type Retired } from "./retiring.ts";
import type { Played } from "./sinks.ts";
import type { Stage } from "./stage.ts";

type Payee = z.output<typeof payeeView>;

/** A certificate as it was given out and checked from its file. */
interface Certified {
  retired: Retired;
  file: string;
  /** the block whose hash it hangs on */
  block: { number: number; hash: Hex };
}

/** Somebody who was paid, as that person sees it after logging in. */
interface Statement {
  name: { zh: string; en: string };
  payee: Payee;
}

export interface CreditFindings extends Credits {
  certified: Certified[];
  statements: Statement[];
}

/** Fetches certificates into the home and checks them, and reads three statements. */
export async function readCreditFindings(stage: Stage, credits: Credits): Promise<CreditFindings> {
  const certified: Certified[] = [];
  for (const retired of credits.retired) certified.push(await certify(stage, retired));
  const statements = [
    await statementOf(stage, "regular/0", { zh: "一位收集人", en: "A collector" }),
    await statementOf(stage, "farmer/0", { zh: "一位养殖户", en: "A mussel farmer" }),
    await statementOf(stage, "watershed/0", works[0]!),
  ];
  return { ...credits, certified, statements };
}

/** The block's hash is read apart from the certificate, as its reader would have it from somebody else. */
async function certify({ api, config }: Stage, retired: Retired): Promise<Certified> {
  const { id } = retired.retirement;
  const certificate = await api.read<Certificate>(`/v1/retirements/${id}/certificate.json`);
  if (!certificate) throw new Refusal(`There is no certificate of retirement ${id}.`);
  const folder = join(config.home, "certificates");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${id}.json`);
  const text = `${JSON.stringify(certificate, undefined, 2)}\n`;
  await writeFile(file, text);
  const { number } = certificate.proved.block;
  const { hash } = await api.digest(number);
  const { failed } = await verify(text, { block: hash });
  if (failed) throw new Refusal(`The certificate of retirement ${id} does not hold: ${failed.field} ${failed.en}.`);
  return { retired, file, block: { number, hash } };
}

async function statementOf({ api, cast }: Stage, who: Who, name: Statement["name"]): Promise<Statement> {
  const payee = await api.read<Payee>(`/v1/payees/${cast.of(who).account}?view=full`, actKeyOf(who));
  if (!payee) throw new Refusal(`There is no statement of ${who}.`);
  return { name, payee };
}

const tonnes = (kg: string | number): string =>
  `${count(BigInt(kg) / 1_000n)}.${String(BigInt(kg) % 1_000n).padStart(3, "0")} t`;

export function showCredits(screen: Screen, findings: CreditFindings): void {
  showSinks(screen, findings);
  showCertificates(screen, findings);
  showPools(screen, findings);
  showStatements(screen, findings.statements);
}

function showSinks(screen: Screen, { played }: CreditFindings): void {
  screen.heading("碳汇", "Sinks, in tonnes of CO2e");
  const row = (zh: string, en: string, cell: (played: Played) => string): string[] => [
    `${zh} ${en}`,
    ...played.map(cell),
  ];
  screen.print(
    ...table([
      ["", ...played.map(({ sink }) => sink.name.zh)],
      row("申报", "Claimed by the measurer", ({ report }) => tonnes(report.claimedKg)),
      row("核查", "Attested by", ({ report }) => `${report.statements.length} of ${VERIFIERS} verifiers`),
      row("签发", "Issued: the least attested", ({ report }) => tonnes(report.issuedKg)),
      row("年份", "Vintages", ({ batches }) => String(batches.length)),
      row("交割", "Delivered to the buyer", ({ sink }) => tonnes(sink.deliveredKg)),
      row("法院冻结", "Held by a court", ({ sink }) => (sink.deposit ? tonnes(sink.deliveredKg) : "–")),
    ]),
  );
}

/** One certificate for each purpose; the others are of the last's kind. */
function showCertificates(screen: Screen, { certified }: CreditFindings): void {
  screen.heading("证书", `${certified.length} certificates, each checked from its file alone`);
  const purposes = new Map(certified.map((each) => [each.retired.retirement.purpose.code, each]));
  for (const { retired, file, block } of purposes.values()) {
    const { retirement, retiring } = retired;
    const { beneficiary } = retiring;
    screen.print(
      `${retirement.purpose.zh}，${tonnes(retirement.kg)}，${beneficiary.zh}`,
      `${retirement.purpose.en}, ${tonnes(retirement.kg)}, for ${beneficiary.en}`,
      `  npm run verify -- ${file} \\`,
      `    --trust ${block.hash} \\`,
      `    --beneficiary "${beneficiary.zh}" --salt ${saltOf(retiring)}`,
    );
  }
}

function showPools(screen: Screen, { paid }: CreditFindings): void {
  screen.heading("资金", "Money, to the fen");
  const rows = paid.map(({ fund, pool }) => [
    `${fund.name.zh} ${fund.name.en}`,
    String(pool.division?.leafCount ?? 0),
    yuan(BigInt(pool.amountFen)),
    yuan(BigInt(pool.paidFen) - BigInt(pool.heldFen)),
    yuan(BigInt(pool.heldFen)),
  ]);
  screen.print(...table([["", "people", "funded", "paid", "held aside"], ...rows]));
}

/** Why somebody got what: the rule, the role and the grams behind each part. */
function showStatements(screen: Screen, statements: readonly Statement[]): void {
  screen.heading("收款单", "Three statements, as their owners see them");
  for (const { name, payee } of statements) {
    screen.print(`${name.zh} ${name.en}  ${payee.account}  ${yuan(BigInt(payee.balanceFen))}`);
    for (const { ruleset, leafFen, parts } of payee.pools ?? []) {
      const title = ruleset.name ? `${ruleset.name.zh} ${ruleset.name.en}` : ruleset.digest;
      screen.print(`  ${title}: ${yuan(BigInt(leafFen ?? 0))}`);
      for (const { role, bps, ofBps, grams, lotCount, weight, ofWeight } of parts ?? []) {
        const basis =
          grams === null
            ? `a registered share of ${count(BigInt(weight))} / ${count(BigInt(ofWeight))}`
            : `${role}, ${count(bps)} / ${count(ofBps)} of it: ${kilograms(Number(grams))} in ${count(lotCount)} lots`;
        screen.print(`    ${basis}`);
      }
    }
  }
}
