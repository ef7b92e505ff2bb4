/**
 * What a route prepares for a key that this server holds is signed and stored here, for callers of that key's account
 * alone (SERVER.md "Who signs what"). Any other key's transaction goes out unsigned, for everybody who asks.
 */
import { createHash } from "node:crypto";
import { rolesOf } from "../access/authority.ts";
import { isActive, readAccountsOfKey, readAccountStandings } from "../access/queries.ts";
import type { Unsigned } from "../chain/calls.ts";
import { toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";
import type { Signer } from "../chain/transactions.ts";
import { Problem } from "../errors.ts";
import { readAnswer, signAndStore, type HeldDeps, type Taken } from "../relayer/held.ts";
import type { Reached } from "../relayer/port.ts";
import type { Caller, Reply, Route } from "../route.ts";

export interface SigningDeps extends HeldDeps {
  /** the keys that this server holds, by their addresses */
  signers: ReadonlyMap<Hex, Signer>;
  /** address of the AccessManager */
  manager: Hex;
  reached: Reached;
  /** tells the relayer that there is something to carry */
  wake: () => void;
  /** why nothing new is stored, in words */
  shortage: () => string | undefined;
}

type Input = Parameters<Route["handle"]>[0];

/** The routes, of which those that prepare sign with the keys that this server holds. */
export function signHeld(deps: SigningDeps, routes: readonly Route[]): Route[] {
  return routes.map((route) => {
    if (!route.prepares) return route;
    return {
      ...route,
      handle(input) {
        const signer = deps.signers.get((input.body as { from: Hex }).from);
        if (signer) return sign(deps, signer, route, input);
        if (input.idempotencyKey !== undefined) readIdempotencyKey(input.idempotencyKey);
        return route.handle(input);
      },
    };
  });
}

async function sign(deps: SigningDeps, signer: Signer, route: Route, input: Input): Promise<Reply> {
  const { db, chain, reached, wake } = deps;
  if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
  const accounts = await accountsFor(deps, await input.caller(), signer.address);
  const key = readIdempotencyKey(input.idempotencyKey);
  const name = { party: signer.address, key, bodyHash: hashOf(route, input) };
  const known = await readAnswer<Answer>(db.sql, name);
  if (known) return accepted(known);
  const short = deps.shortage();
  if (short !== undefined) throw new Problem("not-writable", short);
  await refuseInactive(deps, accounts);
  const reply = await route.handle(input).catch(async (error: unknown) => {
    // the first of two at once may have changed what this one was tried on
    const first = await readAnswer<Answer>(db.sql, name);
    if (first) return accepted(first);
    throw error;
  });
  if (reply.status !== 200) return reply;
  const calls = transactionsOf(reply.body as PreparedBody).map(({ to, data, chainId, gasLimit }) => {
    return { to, data, chainId, gasLimit: BigInt(gasLimit) };
  });
  if (calls.length === 0) return reply;
  const answer = await signAndStore(deps, signer, name, calls, (taken) => answerOf(reply.body as PreparedBody, taken));
  await reached("accepted");
  wake();
  return accepted(answer);
}

/**
 * The accounts for which the caller may have the key sign: those that both stand for. A key that holds a role signs for
 * its own login alone, since what a role may do is nobody else's.
 * @throws Problem `signer-foreign`
 */
async function accountsFor({ db, chain, manager }: SigningDeps, caller: Caller, from: Hex): Promise<Hex[]> {
  const roles = await rolesOf(chain, manager, from);
  const own = await readAccountsOfKey(db.sql, from, Math.floor(Date.now() / 1_000));
  const shared = own.filter((account) => caller.accounts.includes(account));
  // an API key has no roles, whatever its account is called
  const isItself = caller.key === from && caller.roles.length > 0;
  if (roles.length > 0 ? isItself : shared.length > 0) return shared;
  const why = roles.length > 0 ? `it holds ${roles.join(", ")}, and signs for its own login only` : "it is another's";
  throw new Problem("signer-foreign", `${caller.key} may not have ${from} sign: ${why}`, { from });
}

/** @throws Problem `account-not-active` where none of the accounts, if there are any, is */
async function refuseInactive({ db }: SigningDeps, accounts: readonly Hex[]): Promise<void> {
  const standings = await readAccountStandings(db.sql, accounts);
  if (accounts.length === 0 || [...standings.values()].some(isActive)) return;
  throw new Problem("account-not-active", accounts.join(", "), { account: accounts[0] });
}

/** In quotes, as draft-ietf-httpapi-idempotency-key-header writes it, or plain. */
export const IDEMPOTENCY_KEY = /^(?:"([ !#-[\]-~]{1,255})"|([!#-~]{1,255}))$/;

/** One that is not well-formed is refused also where it is not needed. */
function readIdempotencyKey(header: string | undefined): string {
  const [, quoted, plain] = IDEMPOTENCY_KEY.exec(header?.trim() ?? "") ?? [];
  const key = quoted ?? plain;
  if (key !== undefined) return key;
  const what =
    header === undefined ? "this server holds the key and would sign" : "it is not 1 to 255 printable characters";
  throw new Problem("idempotency-key-needed", what);
}

/** Of everything that decides what is signed. The body is as the schema read it, in the schema's order. */
function hashOf({ method, path }: Route, { params, body }: Input): Hex {
  const text = JSON.stringify([method, path, params, body], (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return toHex(createHash("sha256").update(text).digest());
}

/** What the rooms prepare: one transaction, or several of which each pays something. */
type PreparedBody = { transaction: Unsigned } | { payouts: { transaction: Unsigned }[] };

/** What is answered: the same with what became of each transaction in its place. */
type Answer = Taken | { payouts: Taken[] };

const transactionsOf = (body: PreparedBody): Unsigned[] =>
  "payouts" in body ? body.payouts.map(({ transaction }) => transaction) : [body.transaction];

function answerOf(body: PreparedBody, taken: readonly Taken[]): Answer {
  const told = ({ transaction: _, ...rest }: { transaction: Unsigned }, i: number): Taken => ({
    ...taken[i]!,
    ...rest,
  });
  return "payouts" in body ? { ...body, payouts: body.payouts.map(told) } : told(body, 0);
}

function accepted(answer: Answer): Reply {
  const { digest } = "payouts" in answer ? answer.payouts[0]! : answer;
  return { status: 202, body: answer, headers: { location: `/v1/requests/${digest}` } };
}
