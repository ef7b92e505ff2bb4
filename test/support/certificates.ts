/** Retirements on a chain of their own, and their certificates: one over three blocks of two batches, and others. */
import { id } from "ethers";
import { roles } from "../../server/access/roles.ts";
import { finalHead, readHeader, readLogs } from "../../server/chain/blocks.ts";
import { decodeCreditLog, type CreditEvent } from "../../server/chain/carbonEvents.ts";
import type { Chain, Hex } from "../../server/chain/port.ts";
import { createProver } from "../../server/chain/proofs.ts";
import { beneficiaryHash } from "../../server/carbon/beneficiary.ts";
import { createCertificates, type Retired } from "../../server/carbon/certificate.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { openEmbedded } from "./chains.ts";
import { openLedger, person, type Ledger } from "./ledger.ts";

/** Who the first retirement is claimed for. */
export const beneficiary = { name: "象山县人民法院", salt: id("a salt") as Hex };

export interface Certified {
  ledger: Ledger;
  credits: Hex;
  /** of retirements 1 and 2; 1 has a note, 2 has none. Proved at the same block. */
  certificates: [noted: Certificate, plain: Certificate];
  /** Gives a certificate as the server does. */
  certify: ReturnType<typeof createCertificates>;
  head(): Promise<{ block: number; hash: Hex }>;
  /** Points from a retirement to a document. */
  annotate(retirement: bigint, document: string): Promise<void>;
  close(): Promise<void>;
}

/** A retirement, as its events tell it. */
export async function readRetired(chain: Chain, credits: Hex, retirement: bigint): Promise<Retired> {
  const { number } = (await finalHead(chain, "instant"))!;
  const events: CreditEvent[] = [];
  for (const log of await readLogs(chain, 0, number, [credits])) {
    const event = decodeCreditLog(log, (await readHeader(chain, log.block))!);
    if (event) events.push(event);
  }
  const told = events.find((event) => event.name === "Retired" && event.args.retirement === retirement);
  if (told?.name !== "Retired") throw new Error(`no retirement ${retirement} was told of`);
  const { ids, kg, ...claim } = told.args;
  const notes = events.filter((event) => event.name === "Noted" && event.args.retirement === retirement);
  const last = notes.at(-1);
  return {
    ...claim,
    id: retirement,
    blocks: ids.map((id, i) => ({ id, kg: kg[i]! })),
    at: told.at,
    note: last?.name === "Noted" ? last.args.note : undefined,
  };
}

async function retireSome({ call, register, admin }: Ledger): Promise<void> {
  const [issuer, holder, other, auditor] = ["issuer", "holder", "other holder", "auditor"].map(person);
  await register(issuer!, holder!, other!, auditor!);
  await call(admin, "AccessManager", "grantRole", [roles.ISSUANCE, issuer!.account, 0]);
  await call(admin, "AccessManager", "grantRole", [roles.AUDITOR, auditor!.account, 0]);
  const allotments = [
    { recipient: holder!.account, kg: 270_000 },
    { recipient: other!.account, kg: 1_000 },
  ];
  const vintages = [2019, 2020].map((vintage) => ({ vintage, scope: 3, allotments }));
  await call(issuer!, "Credits", "issue", [id("report"), 7, vintages]);
  const block = (batch: bigint, first: bigint): bigint => (batch << 128n) | first;
  const claim = { purpose: 3, fromMonth: 202301, toMonth: 202312, country: 156, document: id("the judgement") };
  const pieces = [
    { id: block(2n, 1n), kg: 270_000 },
    { id: block(1n, 1n), kg: 122_500 },
    { id: block(1n, 1n), kg: 30_000 },
  ];
  const named = { ...claim, beneficiary: beneficiaryHash(beneficiary.name, beneficiary.salt) };
  await call(holder!, "Credits", "retire", [pieces, named]);
  await call(auditor!, "Credits", "annotate", [1, id("a remark")]);
  await call(other!, "Credits", "retire", [[{ id: block(1n, 270_001n), kg: 400 }], { ...named, country: 0 }]);
}

/** Everything by real contracts on the embedded chain. */
export async function certifySome(): Promise<Certified> {
  const { chain, close } = await openEmbedded();
  const ledger = await openLedger(chain);
  await retireSome(ledger);
  const credits = ledger.deployment.contracts.Credits.address;
  const certify = createCertificates(createProver(chain), credits);
  const head = async (): Promise<{ block: number; hash: Hex }> => {
    const { number, hash } = (await finalHead(chain, "instant"))!;
    return { block: number, hash };
  };
  const at = await head();
  const certificateOf = async (retirement: bigint): Promise<Certificate> =>
    certify(await readRetired(chain, credits, retirement), at);
  return {
    ledger,
    credits,
    certificates: [await certificateOf(1n), await certificateOf(2n)],
    certify,
    head,
    async annotate(retirement, document) {
      await ledger.call(person("auditor"), "Credits", "annotate", [retirement, id(document)]);
    },
    close,
  };
}
