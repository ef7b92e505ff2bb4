/** People of all kinds of keys on a whole server, their acts, and what became of these. */
import { id, type TypedDataDomain } from "ethers";
import { registrySigner } from "../../scripts/demo/keys.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import { sendAs } from "../../server/chain/deploy.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner } from "../../server/chain/transactions.ts";
import {
  addressOf,
  digestOf,
  keyOf,
  p256,
  secp,
  signAct,
  type ActName,
  type Message,
  type Sign,
  type SignedAct,
} from "./acts.ts";
import type { TestApi } from "./api.ts";
import { registrationOf } from "./ledger.ts";
import { deployWallet, honestWallet, walletSign } from "./walletAccounts.ts";

/** What POST /v1/acts says of one act. */
export interface Result {
  digest?: Hex;
  status: string;
  receipt?: string;
  problem?: { code: string; reason?: string };
}

export interface RequestView {
  state: string;
  reason: { name: string; code: string; en: string; zh: string } | null;
  overtakenBy: Hex | null;
}

export interface Party {
  account: Hex;
  sign: Sign;
}

export interface People {
  domain: TypedDataDomain;
  /** one who signs with a key of each kind; `dated` by a P-256 key that is valid from `DATED_FROM` on */
  secp: Party;
  other: Party;
  p256: Party;
  wallet: Party;
  /** Signs an act with its own end; `terms` may replace any field. */
  make(type: ActName, act: Message, giver: Party, receiver?: Party): SignedAct;
  /** The digest of an act, which is a collect's lot. */
  digest(signed: SignedAct): Hex;
  handIn(...acts: unknown[]): Promise<Result[]>;
  /** Its request once nothing more will become of it. */
  settled(signed: SignedAct): Promise<RequestView>;
  /** A transaction of the registry, in a block and indexed when this returns. */
  register(method: string, ...args: unknown[]): Promise<void>;
}

/** Of the P-256 key, as `acts.ts` makes keys from seeds. */
export const PHONE_SEED = "a phone's key";

export const CAPTURED = 1_767_139_200;
/** The P-256 key is bound from then on. */
export const DATED_FROM = CAPTURED - 1_000;

/** Registers them on a server with the demo's register. */
export async function settlePeople(api: TestApi): Promise<People> {
  const { body } = await api.ask("/v1/ledger");
  const { chain, db } = api.running;
  const { domain, contracts, chainId } = body as {
    domain: TypedDataDomain;
    contracts: Record<string, Hex>;
    chainId: number;
  };
  const register: People["register"] = async (method, ...args) => {
    const data = interfaces.Parties.encodeFunctionData(method as "register", args as never) as Hex;
    await sendAs(chain, registrySigner(), chainId, contracts["Parties"], data);
    const head = BigInt(await chain.request<Hex>("eth_blockNumber"));
    while (((await db.sql<{ block: bigint }>`SELECT max(block) AS block FROM cursor`)[0]?.block ?? -1n) < head) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const own = (name: string): Party => {
    return { account: addressOf(keyOf(name)).toLowerCase() as Hex, sign: secp(keyOf(name)) };
  };
  const phone = p256(PHONE_SEED);
  const people = {
    secp: own("own key"),
    other: own("another's key"),
    p256: { account: addressOf(keyOf("nobody has this key")).toLowerCase() as Hex, sign: phone.sign },
    wallet: { account: await deployWallet(chain, createSigner(id("deployer") as Hex), honestWallet), sign: walletSign },
  };
  await register(
    "register",
    Object.values(people).map(({ account }) => registrationOf(account)),
  );
  await register("bindKey", people.p256.account, phone.keyId, DATED_FROM, 2 ** 40 - 1);
  let n = 0;
  return {
    ...people,
    domain,
    make(type, act, giver, receiver) {
      const tail = { capturedAt: CAPTURED, anchor: id("anchor"), evidence: id(`evidence ${n++}`) };
      const salt = type === "Collect" || type === "Transform" ? { salt: id(`salt ${n}`) } : {};
      return signAct(domain, type, { ...tail, ...salt, ...act }, giver.sign, receiver?.sign);
    },
    digest: ({ type, act }) => digestOf(domain, type, act) as Hex,
    async handIn(...acts) {
      const answer = await api.ask("/v1/acts", acts);
      return answer.body["results"] as Result[];
    },
    async settled({ type, act }) {
      for (;;) {
        const { body: view } = await api.ask(`/v1/requests/${digestOf(domain, type, act)}`);
        if (["final", "skipped", "rejected", "expired"].includes(view["state"] as string)) {
          return view as unknown as RequestView;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    register,
  };
}
