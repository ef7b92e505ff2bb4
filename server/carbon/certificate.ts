/** Certificates: a retirement with the proofs by which anybody who has a block's hash checks it without this server. */
import { claimScopeName, purposeName } from "../access/queries.ts";
import { NotProvable, type createProver, type Proof, type StorageProof } from "../chain/proofs.ts";
import { encodeRetirement, originKey, originOf, retirementKeys, type Retirement } from "../chain/retirements.ts";
import type { Hex } from "../chain/port.ts";
import { blockHex, placeOf, serials } from "./blockId.ts";
import type { Certificate } from "./certificateForm.ts";

/** A retirement as the ledger has it. */
export interface Retired extends Retirement {
  record: Hex;
  /** undefined where there is none */
  note: Hex | undefined;
}

type Batch = { id: bigint; proof: StorageProof } & ReturnType<typeof originOf>;

const NOTHING: Hex = `0x${"0".repeat(64)}`;

/** The batches of a retirement's blocks, ascending. */
const batchesOf = ({ blocks }: Retirement): bigint[] =>
  [...new Set(blocks.map(({ id }) => placeOf(id).batch))].sort((a, b) => (a < b ? -1 : 1));

function describe({ blocks, purpose }: Retirement, batches: readonly Batch[]): Certificate["described"] {
  const vintages = new Map(batches.map(({ id, vintage }) => [id, vintage]));
  return {
    kg: String(blocks.reduce((sum, { kg }) => sum + kg, 0n)),
    serials: blocks.map(({ id, kg }) => serials(placeOf(id), kg, vintages.get(placeOf(id).batch)!)),
    purpose: purposeName(purpose).term,
    scopes: batches.map(({ scope }) => claimScopeName(scope).term),
  };
}

function present(contract: Hex, retired: Retired, { block, account, storage }: Proof): Certificate {
  const { id, blocks, at, record, note } = retired;
  const [recordProof, noteProof, ...origins] = storage as [StorageProof, StorageProof, ...StorageProof[]];
  if (recordProof.value !== record || noteProof.value !== (note ?? NOTHING)) {
    throw new NotProvable(`block ${block.number} has another record or note of retirement ${id} than the ledger`);
  }
  const batches = batchesOf(retired).map((batch, i) => ({
    id: batch,
    proof: origins[i]!,
    ...originOf(origins[i]!.value),
  }));
  const { holder, beneficiary, purpose, fromMonth, toMonth, country, document } = retired;
  return {
    format: "tidemark-certificate",
    version: 1,
    proved: {
      contract,
      retirement: {
        ...{ id: String(id), holder, beneficiary, purpose, fromMonth, toMonth, country, document },
        blocks: blocks.map(({ id, kg }) => ({ id: blockHex(placeOf(id)), kg: String(kg) })),
        time: at,
      },
      encoded: encodeRetirement(retired),
      record,
      note: note ?? null,
      batches: batches.map(({ id, project, vintage, scope }) => ({
        ...{ id: String(id), project: String(project), vintage, scope },
      })),
      block,
    },
    proofs: {
      account,
      record: recordProof.nodes,
      note: noteProof.nodes,
      batches: batches.map(({ proof }) => proof.nodes),
    },
    described: describe(retired, batches),
  };
}

/**
 * Gives certificates, proved at the block at which the ledger stands when one is first asked for; from then on it is the
 * same one until the retirement gets another note.
 * @param contract address of `Credits`
 */
export function createCertificates(
  prover: ReturnType<typeof createProver>,
  contract: Hex,
): (retired: Retired, at: { block: number; hash: Hex }) => Promise<Certificate> {
  /** how many are kept, the last ones asked for: some 20 kB each */
  const KEPT = 200;
  const kept = new Map<bigint, { note: Hex | undefined; certificate: Promise<Certificate> }>();

  async function make(retired: Retired, at: { block: number; hash: Hex }): Promise<Certificate> {
    const { record, note } = retirementKeys(retired.id);
    return present(
      contract,
      retired,
      await prover.prove(contract, [record, note, ...batchesOf(retired).map(originKey)], at),
    );
  }

  return (retired, at) => {
    const known = kept.get(retired.id);
    kept.delete(retired.id);
    const current = known?.note === retired.note ? known : undefined;
    const entry = current ?? { note: retired.note, certificate: make(retired, at) };
    kept.set(retired.id, entry);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    entry.certificate.catch(() => {
      if (kept.get(retired.id) === entry) kept.delete(retired.id);
    });
    return entry.certificate;
  };
}
