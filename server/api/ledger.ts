/** What a client needs before it can sign, and what became of what it handed in. */
import { z } from "zod";
import { maySend, rolesOf } from "../access/authority.ts";
import { decodeTransaction, nextNonce } from "../chain/transactions.ts";
import { errorName } from "../chain/contracts.ts";
import { toBytes } from "../chain/eip712.ts";
import type { Deployment } from "../chain/deploy.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { acceptTransaction } from "../relayer/accept.ts";
import type { Reached } from "../relayer/port.ts";
import { needsOfRequest, readRequest, readStates } from "../relayer/queries.ts";
import type { Receipts } from "../relayer/receipts.ts";
import { route, type Route } from "../route.ts";
import { actTypes } from "../traceability/acts.ts";
import { itemResult } from "../traceability/actSchemas.ts";
import { reasonOf } from "../traceability/reasons.ts";
import { reasonOf as statementReasonOf } from "../carbon/reasons.ts";
import { statementTypes } from "../carbon/statements.ts";
import { actAt } from "../traceability/stands.ts";
import { address, hash } from "../wire.ts";

export interface LedgerDeps {
  db: Db;
  chain: Chain;
  deployment: Deployment;
  receipts: Receipts;
  reached: Reached;
  /** tells the relayer that there is something to carry */
  wake: () => void;
}

const ledgerView = z.strictObject({
  chainId: z.int(),
  authority: address.meta({ description: "AccessManager; the EIP-712 domain's verifyingContract" }),
  contracts: z.record(z.string(), address),
  domain: z.looseObject({ name: z.string(), version: z.string() }),
  types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
});

const reasonView = z.strictObject({
  name: z.string().nullable().meta({ description: "the contract's error; null where it is not the contract's reason" }),
  code: z.string().nullable().meta({ description: "the problem it would be at POST /v1/acts" }),
  en: z.string(),
  zh: z.string(),
});

const state = z.enum(["waiting", "queued", "signed", "sent", "mined", "final", "skipped", "rejected", "expired"]);

const requestView = z.strictObject({
  digest: hash,
  kind: z.string(),
  state,
  reason: reasonView.nullable(),
  overtakenBy: hash
    .nullable()
    .meta({ description: "of one skipped as SeqNotCurrent: the act that was recorded instead" }),
  tx: hash.nullable(),
  block: z.int().nullable(),
  attempt: z.int(),
  acceptedAt: z.int().meta({ description: "milliseconds since 1970" }),
  receipt: z.string(),
});

/** Digests in one question at most: more do not fit a request's line. */
const MOST_DIGESTS = 100;

const statesQuery = z.strictObject({ digest: z.union([hash, z.array(hash).min(1).max(MOST_DIGESTS)]) });

const statesView = z.strictObject({
  requests: z.array(z.strictObject({ digest: hash, state })).meta({ description: "those of them that are known here" }),
});

const senderView = z.strictObject({ address, nextNonce: z.int(), roles: z.array(z.string()), maySend: z.boolean() });

/** What is final stays as it is. */
const forGood = { "cache-control": "public, max-age=31536000, immutable" };

function readyOnly(chain: Chain): void {
  if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
}

async function takeTransaction(deps: LedgerDeps, raw: Hex): Promise<z.input<typeof itemResult>> {
  const { db, chain, deployment, receipts, reached } = deps;
  readyOnly(chain);
  const decoded = decodeOr422(raw);
  if (decoded.chainId !== deployment.chainId) {
    throw new Problem("transaction-malformed", `signed for chain ${decoded.chainId}, this is ${deployment.chainId}`);
  }
  if (!(await maySend({ sql: db.sql, chain, manager: deployment.contracts.AccessManager.address }, decoded.from))) {
    throw new Problem("sender-unknown", `${decoded.from} may not send`, { sender: decoded.from });
  }
  const acceptedAt = Date.now();
  const receipt = await receipts.sign(decoded.hash, acceptedAt);
  const transaction = { hash: decoded.hash, sender: decoded.from, nonce: decoded.nonce, raw: toBytes(raw) };
  const chainNonce = await nextNonce(chain, decoded.from);
  const outcome = await acceptTransaction(db, { ...transaction, receipt, acceptedAt, chainNonce });
  if (outcome.status === "nonce-taken") {
    throw new Problem("nonce-taken", `nonce ${decoded.nonce} of ${decoded.from}`, {
      sender: decoded.from,
      nonce: decoded.nonce,
    });
  }
  await reached("accepted");
  deps.wake();
  return { digest: decoded.hash, status: outcome.status, receipt: outcome.receipt };
}

function decodeOr422(raw: Hex): ReturnType<typeof decodeTransaction> {
  try {
    return decodeTransaction(raw);
  } catch (error) {
    throw new Problem("transaction-malformed", error instanceof Error ? error.message : String(error));
  }
}

/** @param reason a selector that a contract told, or words of the relayer's own, which are English only */
function presentReason(reason: string): z.input<typeof reasonView> {
  const told = reasonOf(reason) ?? statementReasonOf(reason);
  if (told) return told;
  const words = errorName(reason);
  return { name: words === reason ? null : words, code: null, en: words, zh: words };
}

/** The act that was recorded in place of one that came too late. */
async function overtaking({ sql }: Db, digest: Hex, reason: z.input<typeof reasonView> | null): Promise<Hex | null> {
  if (reason?.name !== "SeqNotCurrent") return null;
  return (await actAt(sql, await needsOfRequest(sql, digest))) ?? null;
}

export function ledgerRoutes(deps: LedgerDeps): Route[] {
  const { db, chain, deployment, receipts } = deps;
  const { AccessManager: manager } = deployment.contracts;
  return [
    route({
      method: "get",
      path: "/v1/ledger",
      access: "public",
      summary: "Chain id, contract addresses, and the EIP-712 domain and types that acts are signed under",
      answers: { 200: { description: "Everything a client needs before it can sign", schema: ledgerView } },
      problems: [],
      handle() {
        const { chainId } = deployment;
        const contracts = Object.fromEntries(
          Object.entries(deployment.contracts).map(([name, at]) => [name, at.address]),
        );
        const domain = { name: "Tidemark", version: "1", chainId, verifyingContract: manager.address };
        return Promise.resolve({
          status: 200,
          body: { chainId, authority: manager.address, contracts, domain, types: { ...actTypes, ...statementTypes } },
        });
      },
    }),
    route({
      method: "get",
      path: "/v1/senders/{address}",
      access: "public",
      summary: "The next nonce of an address, its roles, and whether it may send transactions here",
      params: z.object({ address }),
      answers: { 200: { description: "The sender as the chain has it now", schema: senderView } },
      problems: ["not-ready"],
      async handle({ params }) {
        readyOnly(chain);
        const view = {
          address: params.address,
          nextNonce: await nextNonce(chain, params.address),
          roles: await rolesOf(chain, manager.address, params.address),
          maySend: await maySend({ sql: db.sql, chain, manager: manager.address }, params.address),
        };
        return { status: 200, body: view };
      },
    }),
    route({
      method: "post",
      path: "/v1/transactions",
      access: "public",
      summary: "Hand in one raw transaction, signed by a registered account or a role holder",
      body: z.strictObject({ raw: z.string().regex(/^0x([0-9a-f]{2})+$/) }),
      answers: {
        202: {
          description: "Stored, with its receipt; the digest is its hash",
          schema: itemResult,
          location: "its request",
        },
      },
      problems: ["transaction-malformed", "sender-unknown", "nonce-taken", "not-ready", "not-writable"],
      async handle({ body }) {
        const result = await takeTransaction(deps, body.raw as Hex);
        return { status: 202, body: result, headers: { location: `/v1/requests/${String(result.digest)}` } };
      },
    }),
    route({
      method: "get",
      path: "/v1/requests",
      access: "public",
      summary: "How far several acts or transactions are: ?digest=…&digest=…, up to 100",
      query: statesQuery,
      answers: { 200: { description: "Their states now", schema: statesView } },
      problems: [],
      async handle({ query }) {
        return { status: 200, body: { requests: await readStates(db.sql, [query.digest].flat()) } };
      },
    }),
    route({
      method: "get",
      path: "/v1/requests/{id}",
      access: "public",
      summary: "What became of an act (by its digest) or of a raw transaction (by its hash)",
      params: z.object({ id: hash }),
      answers: { 200: { description: "Its state now", schema: requestView } },
      problems: ["not-found"],
      async handle({ params }) {
        const found = await readRequest(db.sql, params.id);
        if (!found) throw new Problem("not-found", `nothing with digest ${params.id} was handed in here`);
        const reason = found.reason === null ? null : presentReason(found.reason);
        const body = { ...found, reason, overtakenBy: await overtaking(db, found.digest, reason) };
        return { status: 200, body, headers: found.state === "final" ? forGood : {} };
      },
    }),
    route({
      method: "get",
      path: "/.well-known/jwks.json",
      access: "public",
      summary: "The public keys that receipts are signed with, old ones too",
      answers: { 200: { description: "JWK set", schema: z.looseObject({ keys: z.array(z.looseObject({})) }) } },
      problems: [],
      handle: () => Promise.resolve({ status: 200, body: receipts.jwks }),
    }),
  ];
}
