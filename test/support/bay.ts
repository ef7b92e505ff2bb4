/** A mussel bay on a whole server: its people, and what they do, over HTTP alone. */
import { createHash } from "node:crypto";
import { expect } from "chai";
import { id, TypedDataEncoder, type Interface, type TypedDataDomain, type TypedDataField } from "ethers";
import { registrySigner } from "../../scripts/demo/keys.ts";
import { roles, type Role } from "../../server/access/roles.ts";
import { interfaces, type ContractName } from "../../server/chain/contracts.ts";
import { toBytes } from "../../server/chain/eip712.ts";
import { openKeyFile } from "../../server/chain/keyFile.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import { settings } from "../../server/config.ts";
import { logInAs, type Answer, type TestApi } from "./api.ts";
import { person, registrationOf, type Person } from "./ledger.ts";

/** Who signs transactions. */
type Acting = Pick<Person, "signer">;

/** A statement as it is handed in. */
export interface Statement {
  type: "Verification";
  act: { report: string; attestedKg: string; statement: string; verifier: string; signedAt: number };
  signature: string;
}

export interface RequestView {
  state: string;
  kind: string;
  reason: { name: string; code: string; en: string; zh: string } | null;
}

const named = ["proponent", "measurer", "verifier", "second", "third", "issuer", "farmer", "buyer", "other"] as const;

export interface Bay extends Record<(typeof named)[number], Person> {
  /** the server's own administrator, and the demo's registry */
  admin: Acting;
  registry: Acting;
  /** One call of a contract, final when this returns. */
  call(who: Acting, contract: ContractName, method: string, args: unknown[]): Promise<void>;
  grant(role: Role, who: Pick<Person, "account">): Promise<void>;
  /** Asks for a transaction of somebody's. */
  prepare(who: Acting, path: string, terms: object): Promise<Answer>;
  /** Asks for a transaction, signs it and hands it in; final when this returns. @returns the answer with its summary */
  does(who: Acting, path: string, terms: object): Promise<Answer>;
  /** Puts a text on record; its sha256. */
  document(text: string): Promise<Hex>;
  /** The digest of a statement, as a wallet makes it of the types that the server tells. */
  digest(statement: Pick<Statement, "act">): Hex;
  /** A statement of 1,000 kg, signed by the verifier's own key unless another is given. */
  statement(
    verifier: Pick<Person, "account" | "sign">,
    terms: Partial<Statement["act"]>,
    key?: Pick<Person, "sign">,
  ): Statement;
  /** Hands in a report of a project; its id. */
  report(project: string, terms: object): Promise<Hex>;
  /** Hands a statement in, which must be accepted; its digest. */
  states(statement: Statement): Promise<Hex>;
  /** A request once nothing more will become of it. */
  settled(digest: unknown): Promise<RequestView>;
}

/** What science contests, claimed as a contribution. */
export const scope = 4;
export const contribution = 6;

/** Registers the bay's people on a server with the demo's register, and gives them their roles. */
export async function settleBay(api: TestApi): Promise<Bay> {
  const { body } = await api.ask("/v1/ledger");
  const ledger = body as unknown as {
    chainId: number;
    domain: TypedDataDomain;
    contracts: Record<string, Hex>;
    types: { Verification: TypedDataField[] };
  };
  const people = Object.fromEntries(named.map((name) => [name, person(name)])) as Record<
    (typeof named)[number],
    Person
  >;
  const file = await openKeyFile(api.home, settings.TIDEMARK_PASSPHRASE.embedded, true);
  const admin: Acting = { signer: createSigner(file.admin!) };
  const registry: Acting = { signer: registrySigner() };
  const login = await logInAs(api, api.cast.keeper);

  async function settled(digest: unknown): Promise<RequestView> {
    for (;;) {
      const { body: view } = await api.ask(`/v1/requests/${String(digest)}`);
      if (["final", "skipped", "rejected", "expired"].includes(view["state"] as string)) {
        return view as unknown as RequestView;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async function send(
    signer: Signer,
    transaction: { to: Hex; data: Hex; nonce: number; gasLimit: string },
  ): Promise<void> {
    const { to, data, nonce, gasLimit } = transaction;
    const { raw } = signer.sign({ to, data, nonce, gasLimit: BigInt(gasLimit), chainId: ledger.chainId });
    const taken = await api.ask("/v1/transactions", { raw });
    expect(taken.status, JSON.stringify(taken.body)).to.equal(202);
    expect(await settled(taken.body["digest"])).to.include({ state: "final" });
  }

  async function call({ signer }: Acting, contract: ContractName, method: string, args: unknown[]): Promise<void> {
    const { body: sender } = await api.ask(`/v1/senders/${signer.address}`);
    const abi: Interface = interfaces[contract];
    const data = abi.encodeFunctionData(method, args) as Hex;
    const transaction = { to: ledger.contracts[contract]!, data, nonce: sender["nextNonce"] as number };
    await send(signer, { ...transaction, gasLimit: "3000000" });
  }

  const prepare = ({ signer }: Acting, path: string, terms: object): Promise<Answer> =>
    api.ask(path, { from: signer.address, ...terms });

  const grant: Bay["grant"] = (role, who) => call(admin, "AccessManager", "grantRole", [roles[role], who.account, 0]);

  await call(registry, "Parties", "register", [Object.values(people).map(({ account }) => registrationOf(account))]);
  for (const verifier of [people.verifier, people.second, people.third]) await grant("VERIFIER", verifier);
  await grant("ISSUER", people.issuer);
  const digest: Bay["digest"] = ({ act }) =>
    TypedDataEncoder.hash(ledger.domain, { Verification: ledger.types.Verification }, act) as Hex;
  const does: Bay["does"] = async (who, path, terms) => {
    const answer = await prepare(who, path, terms);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    await send(who.signer, answer.body["transaction"] as never);
    return answer;
  };
  return {
    ...{ ...people, admin, registry, settled, call, prepare, does, grant, digest },

    async document(text) {
      const answer = await api.ask("/v1/documents", text, { ...login, "content-type": "text/plain" });
      expect(answer.body["sha256"]).to.equal(`0x${createHash("sha256").update(text).digest("hex")}`);
      return answer.body["sha256"] as Hex;
    },

    async report(project, terms) {
      const { body: before } = await api.ask(`/v1/projects/${project}`);
      await does(people.measurer, `/v1/projects/${project}/reports`, terms);
      const { body: after } = await api.ask(`/v1/projects/${project}`);
      const known = (before["reports"] as { id: Hex }[]).map((report) => report.id);
      return (after["reports"] as { id: Hex }[]).find((report) => !known.includes(report.id))!.id;
    },

    async states(statement) {
      const { status, body: taken } = await api.ask("/v1/projects/1/verifications", statement);
      expect([status, taken["status"]], JSON.stringify(taken)).to.deep.equal([202, "accepted"]);
      return taken["digest"] as Hex;
    },

    statement(verifier, terms, key = verifier) {
      const usual = {
        report: id("no report"),
        attestedKg: "1000",
        statement: id("a statement"),
        signedAt: 1_700_000_000,
      };
      const act = { ...usual, verifier: verifier.account, ...terms };
      return { type: "Verification", act, signature: key.sign(toBytes(digest({ act }))) };
    },
  };
}
