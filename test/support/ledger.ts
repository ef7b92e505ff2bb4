/** The contracts on a chain of the server's own port, with people who sign: what server tests collect waste with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { id, SigningKey, type Interface } from "ethers";
import { wantedGovernance } from "../../server/access/governance.ts";
import { accessProjection } from "../../server/access/projections.ts";
import { roles } from "../../server/access/roles.ts";
import { carbonProjection } from "../../server/carbon/projections.ts";
import { interfaces, type ContractName } from "../../server/chain/contracts.ts";
import { deployContracts, type Deployment } from "../../server/chain/deploy.ts";
import { addressWord, domainSeparator, toHex, type Domain } from "../../server/chain/eip712.ts";
import { applyGovernance } from "../../server/chain/governance.ts";
import type { Chain, Hex } from "../../server/chain/port.ts";
import {
  createSigner,
  nextNonce,
  readReceipt,
  sendRaw,
  type Receipt,
  type Signer,
} from "../../server/chain/transactions.ts";
import type { Projection } from "../../server/indexer/port.ts";
import { digestOf, receiptDigestOf, type Collect, type SignedOf } from "../../server/traceability/acts.ts";
import { traceabilityCarriers } from "../../server/traceability/carriers.ts";
import { encodeAct } from "../../server/traceability/encoding.ts";
import { traceabilityProjection } from "../../server/traceability/projections.ts";

/** Somebody with a key of their own; the account is the key's address. The same name is the same key in every run. */
export interface Person {
  account: Hex;
  /** the compact 64-byte signature of a digest */
  sign(digest: Uint8Array): Hex;
  /** signs transactions */
  signer: Signer;
}

/** The private key of somebody. */
export const secretOf = (name: string): Hex => id(`tidemark test person ${name}`) as Hex;

export function person(name: string): Person {
  const secret = secretOf(name);
  const key = new SigningKey(secret);
  const signer = createSigner(secret);
  return { account: signer.address, signer, sign: (digest) => key.sign(digest).compactSerialized as Hex };
}

/** A collect with both signatures and the digest it has in this ledger, which is its lot's id. */
export interface MadeCollect extends SignedOf<"Collect"> {
  lot: Hex;
}

export interface Ledger {
  chain: Chain;
  deployment: Deployment;
  domain: Domain;
  admin: Person;
  /** holds the REGISTRY role */
  registry: Person;
  /** holds no role; carries acts */
  carrier: Person;
  projections: [access: Projection, traceability: Projection, carbon: Projection];
  /** One transaction, in a block when this returns. */
  call(
    from: Person,
    contract: ContractName,
    method: string,
    args: readonly unknown[],
  ): Promise<Receipt & { hash: Hex }>;
  /** Registers people with keys of their own, in one transaction. */
  register(...people: Person[]): Promise<void>;
  /** A collect of 1,500 g of class 1, captured a day before 2026, unless said otherwise. */
  collect(collector: Person, keeper: Person, terms?: Partial<Collect>): MadeCollect;
  /** Carries acts in one transaction, in a block when this returns. */
  record(...acts: SignedOf<"Collect">[]): Promise<Receipt & { hash: Hex }>;
}

const GAS = 16_000_000n;

/** Sends one transaction; it is in a block when this returns. @throws where it reverts */
export async function sent(
  chain: Chain,
  chainId: number,
  from: Person,
  to: Hex,
  data: Hex,
): Promise<Receipt & { hash: Hex }> {
  const nonce = await nextNonce(chain, from.account);
  const { raw, hash } = from.signer.sign({ to, data, nonce, gasLimit: GAS, chainId });
  const receipt = await new Promise<Receipt>((resolve, reject) => {
    const look = (): void => {
      readReceipt(chain, hash).then((found) => {
        if (!found) return;
        stop();
        resolve(found);
      }, reject);
    };
    const stop = chain.onHead(look);
    sendRaw(chain, raw).then(look, reject);
  });
  if (receipt.status === "reverted") throw new Error(`the test's transaction to ${to} reverted`);
  return { ...receipt, hash };
}

/** The registration of an account with a key of its own. */
export const registrationOf = (account: Hex, kinds = 1): Record<string, unknown> => ({
  account,
  kinds,
  identityHash: id(`identity of ${account}`),
  organiser: `0x${"0".repeat(40)}`,
  region: 3310,
  successor: `0x${"0".repeat(40)}`,
});

async function deployed(chain: Chain, admin: Person): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-ledger-"));
  try {
    const say = (): void => undefined;
    const common = { chain, admin: admin.signer, say };
    const deployment = await deployContracts({ ...common, path: join(folder, "deployment.json") });
    await applyGovernance({ ...common, deployment, wanted: wantedGovernance({ admin: 0, pool: 0 }) });
    return deployment;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Deploys everything on a chain that has nothing yet, behind the role table. Addresses are the same in every run. */
export async function openLedger(chain: Chain): Promise<Ledger> {
  const [admin, registry, carrier] = [person("admin"), person("registry"), person("carrier")];
  const deployment = await deployed(chain, admin);
  const { chainId, contracts } = deployment;
  const domain = { chainId, authority: contracts.AccessManager.address };
  const separator = domainSeparator(domain);
  const [carries] = traceabilityCarriers(contracts.LotLedger.address);
  let salt = 0;

  const call: Ledger["call"] = (from, contract, method, args) => {
    const abi: Interface = interfaces[contract];
    const data = abi.encodeFunctionData(method, args) as Hex;
    return sent(chain, chainId, from, contracts[contract].address, data);
  };
  await call(admin, "AccessManager", "grantRole", [roles.REGISTRY, registry.account, 0]);

  return {
    chain,
    deployment,
    domain,
    admin,
    registry,
    carrier,
    projections: [
      accessProjection({ parties: contracts.Parties.address, vocabulary: contracts.Vocabulary.address }),
      traceabilityProjection(contracts.LotLedger.address),
      carbonProjection({ projects: contracts.Projects.address, credits: contracts.Credits.address }),
    ],
    call,
    async register(...people) {
      const registrations = people.map(({ account }) => registrationOf(account));
      await call(registry, "Parties", "register", [registrations]);
    },
    collect(collector, keeper, terms = {}) {
      const collect: Collect = {
        class: 1,
        grams: 1_500,
        collector: collector.account,
        keeper: keeper.account,
        capturedAt: Date.UTC(2025, 11, 31) / 1_000,
        anchor: id("the last block seen") as Hex,
        evidence: id("the root of the evidence") as Hex,
        salt: toHex(addressWord(`0x${(++salt).toString(16).padStart(40, "0")}`)),
        ...terms,
      };
      const digest = digestOf(separator, "Collect", collect);
      const giverSignature = collector.sign(digest);
      const receiverSignature = keeper.sign(receiptDigestOf(separator, "Collect", collect, giverSignature));
      return { type: "Collect", act: collect, giverSignature, receiverSignature, lot: toHex(digest) };
    },
    record: (...acts) => sent(chain, chainId, carrier, carries!.to, carries!.calldata(acts.map(encodeAct))),
  };
}
