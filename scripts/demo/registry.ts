/** What must stand in the register before the first collect: roles, accounts, keys, licences. */
import { roles, type Role } from "../../server/access/roles.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import { Refusal } from "../../server/errors.ts";
import {
  MOST_ACCOUNTS,
  MOST_CALLS,
  perform,
  throughAuthority,
  together,
  type Round,
} from "../registry/transactions.ts";
import { eachOf, type Account, type Api, type Ledger } from "./client.ts";
import { NOBODY, auditorSigner, seeded, signerOf, type Cast, type Party } from "./keys.ts";
import { chunks } from "./scenario/draws.ts";
import { homeOf } from "./scenario/harbours.ts";
import { NO_END, VERIFIERS, YEAR_BEGINS } from "./scenario/people.ts";

/** Codes of regions are four digits on chain: 3310 is Taizhou. */
const REGION = 3310;
/** Three are needed; more where transactions were overtaken. */
const MOST_ROUNDS = 20;

export interface RegistryDeps {
  api: Api;
  ledger: Ledger;
  cast: Cast;
  registry: Signer;
  /** who grants the roles; asked for only when one is missing */
  admin: () => Promise<Signer>;
  /** told how many of all accounts are there as they are to be */
  progress: (done: number, total: number) => void;
}

/**
 * Registers what is missing, and nothing that is there. What is missing is read again after every round: one that was
 * handed in by a player killed before may have done the work already.
 */
export async function establish(deps: RegistryDeps): Promise<void> {
  const complete = new Set<Party>();
  let outcome = "";
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    const round = await nextRound(deps, complete);
    if (!round) return;
    outcome = await perform(deps.api, deps.ledger.chainId, round);
  }
  throw new Refusal(`The register could not be brought up to date: ${outcome}.`);
}

/** The next things to do, or `undefined` where all is in place. @param complete parties that need not be looked at again */
async function nextRound(deps: RegistryDeps, complete: Set<Party>): Promise<Round | undefined> {
  const { api, ledger, cast, registry, progress } = deps;
  const grants = await missingRoles(deps);
  if (grants.length > 0) return { signer: await deps.admin(), calls: [together(ledger, grants)] };
  const accounts = await readAccounts(
    api,
    cast.parties.filter((party) => !complete.has(party)),
  );
  const calls: Hex[] = [];
  for (const [party, account] of accounts) {
    const missing = account && lacks(party, account);
    if (missing?.length === 0) complete.add(party);
    else calls.push(...(missing ?? []).map((data) => throughAuthority(ledger, data)));
  }
  progress(complete.size, cast.parties.length);
  const strangers = cast.parties.filter((party) => accounts.has(party) && !accounts.get(party));
  const registrations = chunks(strangers, MOST_ACCOUNTS).map((some) => ({
    to: ledger.contracts.Parties,
    data: registration(cast, some),
  }));
  // keys and licences are for accounts that are there
  const now =
    registrations.length > 0 ? registrations : chunks(calls, MOST_CALLS).map((some) => together(ledger, some));
  return now.length > 0 ? { signer: registry, calls: now } : undefined;
}

async function missingRoles({ api, registry }: RegistryDeps): Promise<Hex[]> {
  const wanted: { role: Role; address: Hex }[] = [
    { role: "REGISTRY", address: registry.address },
    { role: "AUDITOR", address: auditorSigner().address },
    { role: "ISSUER", address: signerOf("issuer/0").address },
    { role: "BANK", address: signerOf("bank/0").address },
    { role: "ALLOCATOR", address: signerOf("allocator/0").address },
    { role: "COURT", address: signerOf("court/0").address },
    ...Array.from({ length: VERIFIERS }, (_, n) => {
      return { role: "VERIFIER" as const, address: signerOf(`verifier/${n}`).address };
    }),
  ];
  const held = await Promise.all(wanted.map(async ({ address }) => (await api.sender(address)).roles));
  return wanted
    .filter(({ role }, i) => !held[i]!.includes(role))
    .map(
      ({ role, address }) => interfaces.AccessManager.encodeFunctionData("grantRole", [roles[role], address, 0]) as Hex,
    );
}

/** What `lacks` needs of an account. */
type Known = Pick<Account, "keys" | "licences">;

const AT_ONCE = 100;

/** Of those who only need to be there many are asked for at once. */
async function readAccounts(api: Api, parties: readonly Party[]): Promise<Map<Party, Known | undefined>> {
  const found = new Map<Party, Known | undefined>(parties.map((party) => [party, undefined]));
  const plain = parties.filter(({ keys, permits }) => keys.length + permits.length === 0);
  await eachOf(chunks(plain, AT_ONCE), 4, async (some) => {
    const there = new Set((await api.accounts(some.map(({ account }) => account))).map(({ id }) => id));
    for (const party of some) if (there.has(party.account)) found.set(party, { keys: [], licences: [] });
  });
  const others = parties.filter(({ keys, permits }) => keys.length + permits.length > 0);
  await eachOf(others, 8, async (party) => void found.set(party, await api.account(party.account)));
  return found;
}

function registration(cast: Cast, parties: readonly Party[]): Hex {
  const rows = parties.map((party) => ({
    account: party.id,
    kinds: party.kinds,
    identityHash: party.identityHash,
    organiser: organiserOf(cast, party),
    region: REGION,
    successor: NOBODY,
  }));
  return interfaces.Parties.encodeFunctionData("register", [rows]) as Hex;
}

/** The point brings its collectors in, and a harbour the boats that belong there. */
function organiserOf(cast: Cast, { who }: Party): Hex {
  const [role, n] = who.split("/");
  if (role === "regular" || role === "occasional") return cast.point.account;
  return role === "vessel" ? cast.of(`harbour/${homeOf(Number(n))}`).account : NOBODY;
}

/** What the register does not say of an account yet, as calls of `Parties` in the order in which they are to be made. */
function lacks({ account, keys, permits, who }: Party, known: Known): Hex[] {
  const calls: Hex[] = [];
  for (const { id, from, until } of keys) {
    const bound = known.keys.find((key) => key.id === id);
    // a key is bound for good, and closed when it is lost
    const bind: [Hex, Hex, number, number] = [account, id, from, NO_END];
    if (!bound) calls.push(interfaces.Parties.encodeFunctionData("bindKey", bind) as Hex);
    if ((bound?.until ?? NO_END) > until) {
      calls.push(interfaces.Parties.encodeFunctionData("closeKey", [id, until]) as Hex);
    }
  }
  for (const { kind, capacityGrams } of permits) {
    if (known.licences.some((licence) => licence.kind.code === kind)) continue;
    const document = seeded(`licence/${who}/${kind}`);
    const terms: [Hex, number, number, number, number, Hex] = [
      account,
      kind,
      YEAR_BEGINS,
      NO_END,
      capacityGrams,
      document,
    ];
    calls.push(interfaces.Parties.encodeFunctionData("grantLicence", terms) as Hex);
  }
  return calls;
}
