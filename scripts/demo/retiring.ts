/** Plays the retirements: what is retired is bought first, then each who bought retires it for good. */
import type { z } from "zod";
import { beneficiaryHash } from "../../server/carbon/beneficiary.ts";
import type { blocksView, retirementsView } from "../../server/carbon/schemas.ts";
import type { Hex } from "../../server/chain/port.ts";
import { eachOf, type Api } from "./client.ts";
import { commit, ensure } from "./committing.ts";
import { seeded, signerOf, type Cast } from "./keys.ts";
import { filePaper } from "./papers.ts";
import type { Retiring } from "./scenario/retirements.ts";
import { piecesOf } from "./sinks.ts";
import { settled } from "./waiting.ts";

export type Retirement = z.output<typeof retirementsView>["retirements"][number];
type Block = z.output<typeof blocksView>["blocks"][number];

/** What somebody retired. */
export interface Retired {
  retiring: Retiring;
  retirement: Retirement;
}

export interface RetiringStage {
  api: Api;
  cast: Cast;
  /** told how many of them have bought, and how many have retired, together */
  progress: (done: number) => void;
}

/** Those who retire at a time. */
const WIDTH = 4;

/** The salt is drawn from the demo's seed, so that a run can be gone on with; outside a demo it is random, and kept. */
export const saltOf = ({ key }: Retiring): Hex => seeded(`salt/beneficiary/${key}`);

const hashOf = (retiring: Retiring): Hex => beneficiaryHash(retiring.beneficiary.zh, saltOf(retiring));

/** Each of them, retired. */
export async function playRetirements(stage: RetiringStage, retirings: readonly Retiring[]): Promise<Retired[]> {
  const bought = retirings.filter(({ who, seller }) => who !== seller);
  for (const seller of new Set(bought.map((each) => each.seller))) {
    await sell(
      stage,
      bought.filter((each) => each.seller === seller),
    );
  }
  stage.progress(retirings.length);
  let done = retirings.length;
  await eachOf(retirings, WIDTH, async (retiring) => {
    await retire(stage, retiring);
    stage.progress(++done);
  });
  const found = await readRetired(stage, retirings);
  return retirings.map((retiring) => ({ retiring, retirement: found.get(retiring)! }));
}

/** Those that are retired. */
async function readRetired(
  { api, cast }: RetiringStage,
  retirings: readonly Retiring[],
): Promise<Map<Retiring, Retirement>> {
  const page = await api.read<z.output<typeof retirementsView>>("/v1/retirements?limit=1000");
  const ofClaim = new Map(page?.retirements.map((each) => [`${each.holder} ${each.beneficiary}`, each]));
  return new Map(
    retirings.flatMap((retiring): [Retiring, Retirement][] => {
      const found = ofClaim.get(`${cast.of(retiring.who).account} ${hashOf(retiring)}`);
      return found ? [[retiring, found]] : [];
    }),
  );
}

async function blocksOf(api: Api, account: Hex): Promise<Block[]> {
  const page = await api.read<z.output<typeof blocksView>>(`/v1/accounts/${account}/blocks?limit=1000`);
  return page?.blocks ?? [];
}

/** Those who neither have what they are to retire nor have retired it. */
async function withoutTheirs(stage: RetiringStage, buyers: readonly Retiring[]): Promise<Retiring[]> {
  const retired = await readRetired(stage, buyers);
  const without: Retiring[] = [];
  await eachOf(buyers, WIDTH, async (buyer) => {
    if (retired.has(buyer)) return;
    if ((await blocksOf(stage.api, stage.cast.of(buyer.who).account)).length === 0) without.push(buyer);
  });
  return buyers.filter((buyer) => without.includes(buyer));
}

/** One seller's sales: one transaction behind the other, without waiting for each. */
async function sell(stage: RetiringStage, buyers: readonly Retiring[]): Promise<void> {
  await ensure(
    `The sale to ${buyers.length} who retire`,
    async () => ((await withoutTheirs(stage, buyers)).length === 0 ? true : undefined),
    async () => handOver(stage, await withoutTheirs(stage, buyers)),
  );
}

async function handOver({ api, cast }: RetiringStage, buyers: readonly Retiring[]): Promise<string> {
  const [{ seller } = { seller: "buyer/0" as const }] = buyers;
  const signer = signerOf(seller);
  const held = (await blocksOf(api, signer.address)).map((block) => ({ ...block }));
  const { nextNonce } = await api.sender(signer.address);
  const sent: Hex[] = [];
  for (const [i, { who, kg, beneficiary }] of buyers.entries()) {
    const pieces = piecesOf(held, signer.address, kg);
    const basis = await filePaper(api, seller, { sale: beneficiary, kg });
    const body = { from: signer.address, pieces, to: cast.of(who).account, basis };
    const prepared = await api.prepare("/v1/transfers", body);
    if ("refused" in prepared) return prepared.refused;
    const { gasLimit, data, ...rest } = prepared.transaction;
    const nonce = nextNonce + i;
    const { raw, hash } = signer.sign({ ...rest, nonce, data: data as Hex, gasLimit: BigInt(gasLimit) });
    if ((await api.sendTransaction(raw)) === "nonce-taken") return `nonce ${nonce} belongs to another transaction`;
    sent.push(hash);
    // the tail leaves, so what is left keeps its id
    for (const { block, kg: taken } of pieces) {
      const whole = held.find(({ id }) => id === block)!;
      whole.kg = String(BigInt(whole.kg) - BigInt(taken));
    }
    held.splice(
      0,
      held.findIndex((block) => block.kg !== "0"),
    );
  }
  let outcome = "";
  for (const hash of sent) {
    const { state, reason } = await settled(api, hash);
    if (state !== "final") outcome = reason ? `${state} (${reason.en})` : state;
  }
  return outcome;
}

async function retire(stage: RetiringStage, retiring: Retiring): Promise<void> {
  const { api } = stage;
  const { who, seller, kg, purpose, fromMonth, toMonth, beneficiary } = retiring;
  // the seller files it for them: each login counts against what one caller may ask
  const document = await filePaper(api, seller, { retirement: beneficiary, kg, purpose, fromMonth, toMonth });
  const claim = { beneficiary: hashOf(retiring), purpose, fromMonth, toMonth, document };
  const signer = signerOf(who);
  await ensure(
    `The retirement for ${beneficiary.en}`,
    async () => (await readRetired(stage, [retiring])).get(retiring),
    async () => {
      const pieces = piecesOf(await blocksOf(api, signer.address), signer.address, kg);
      return commit(api, signer, "/v1/retirements", { pieces, ...claim });
    },
  );
}
