/** A ledger on which everything that a route prepares can be asked for at once, with who may and with what. */
import { id } from "ethers";
import { roles, type Role } from "../../server/access/roles.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Signer } from "../../server/chain/transactions.ts";
import type { Bay } from "./bay.ts";
import { beginProject, block, piece } from "./bayTerms.ts";
import { person, registrationOf, type Person } from "./ledger.ts";
import { allocator, bank, payer } from "./money.ts";
import { openPools, type PoolDesk } from "./poolDesk.ts";

/** Something that one key may have prepared, as the ledger stands. */
export interface Preparable {
  /** template of the document, and the address asked */
  route: string;
  path: string;
  terms: object;
  /** who may: a role's holder, the party that it concerns, or anyone */
  by: { role: Role } | { party: Person } | "anyone";
  /** the contract's refusal of others */
  refusal: string;
}

export interface PreparedLedger {
  desk: PoolDesk;
  cases: Preparable[];
  /** a key of each role that people hold */
  offices: ReadonlyMap<Role, { signer: Signer }>;
}

const held: readonly Role[] = ["AUDITOR", "VERIFIER", "LISTING", "PLEDGE", "TRANSIT", "FREEZE", "COURT", "DEDICATION"];

/** One registered key for each role; the administrator's is the home's, the registry's the demo's. */
async function appoint(bay: Bay): Promise<PreparedLedger["offices"]> {
  const people = held.map((role) => [role, person(`office ${role}`)] as const);
  await bay.call(bay.registry, "Parties", "register", [people.map(([, { account }]) => registrationOf(account))]);
  const grants = people.map(([role, { account }]) =>
    interfaces.AccessManager.encodeFunctionData("grantRole", [roles[role], account, 0]),
  );
  await bay.call(bay.admin, "AccessManager", "multicall", [grants]);
  return new Map<Role, { signer: Signer }>([
    ["ADMIN", bay.admin],
    ["REGISTRY", bay.registry],
    ["ISSUER", bay.issuer],
    ["BANK", bank],
    ["ALLOCATOR", allocator],
    ...people,
  ]);
}

/** Pool 1 waits for its payout, pool 2 for its division, pool 3 holds money aside for somebody who is active again. */
async function fillPools({ bay, api, ...desk }: PoolDesk): Promise<Hex> {
  const waiting = api.cast.regular[5]!.address;
  const status = (code: number): Promise<void> =>
    bay.call(bay.registry, "Parties", "setStatus", [waiting, code, id("basis")]);
  const given = { account: payer.account, amountFen: "100000", bankReference: id("deposit 1") };
  await bay.does(bank, "/v1/deposits", given);
  for (const amountFen of ["6015", "6016", "6017"]) await bay.does(payer, "/v1/pools", desk.terms({ amountFen }));
  await desk.publish(3);
  await status(2);
  await desk.payAll(3);
  await status(1);
  await desk.publish(1);
  return waiting;
}

/** @param secrets keys that the server holds */
export async function openPrepared(secrets: readonly Hex[] = []): Promise<PreparedLedger> {
  const desk = await openPools(secrets);
  const { bay } = desk;
  const offices = await appoint(bay);
  const terms = await beginProject(bay);
  const { document } = terms;
  const closed = await terms.attested({ fromDay: "2020-01-01", toDay: "2020-12-31" });
  const report = await terms.attested();
  await bay.does(bay.issuer, "/v1/projects/1/issuances", terms.issuance(closed, [1_000], { vintage: 2020 }));
  await bay.does(bay.farmer, "/v1/retirements", terms.retirement());
  const account = await fillPools(desk);

  const basis = id("a basis");
  const pieces = [piece(1, block(1))];
  const unauthorized = { refusal: "AccessManagedUnauthorized" };
  const holder = { by: { party: bay.farmer }, refusal: "NotHolder" };
  const money = { account: payer.account, amountFen: "5", bankReference: id("a reference") };
  const next = { fromDay: "2022-01-01", toDay: "2022-12-31" };
  const cases: (Omit<Preparable, "path"> & { path?: string })[] = [
    { route: "/v1/methodologies", terms: { document, scope: 4, quorum: 1 }, by: { role: "ADMIN" }, ...unauthorized },
    {
      route: "/v1/projects",
      terms: terms.project({ boundaries: [id("new")] }),
      by: { role: "REGISTRY" },
      ...unauthorized,
    },
    {
      route: "/v1/projects/{id}/reports",
      terms: terms.report(next),
      by: { party: bay.measurer },
      refusal: "NotMeasurer",
    },
    {
      route: "/v1/projects/{id}/issuances",
      terms: terms.issuance(report, [1]),
      by: { role: "ISSUER" },
      ...unauthorized,
    },
    { route: "/v1/transfers", terms: terms.transfer({ pieces }), ...holder },
    { route: "/v1/retirements", terms: terms.retirement({ pieces }), ...holder },
    { route: "/v1/cancellations", terms: { pieces, basis }, ...holder },
    { route: "/v1/splits", terms: { piece: pieces[0] }, ...holder },
    ...(
      [
        ["listed", "LISTING"],
        ["pledged", "PLEDGE"],
        ["in-transit", "TRANSIT"],
        ["frozen", "FREEZE"],
        ["court-hold", "COURT"],
      ] as const
    ).map(([lock, role]) => {
      return { route: "/v1/locks", terms: { pieces, set: [lock], basis }, by: { role }, refusal: "NotKeeper" };
    }),
    {
      route: "/v1/locks",
      terms: { pieces, cleared: ["dedicated"], basis },
      by: { role: "DEDICATION" },
      refusal: "NotKeeper",
    },
    { route: "/v1/dedications", terms: { pieces, purpose: 4, basis }, by: { role: "DEDICATION" }, ...unauthorized },
    { route: "/v1/retirements/{id}/notes", terms: { note: document }, by: { role: "AUDITOR" }, ...unauthorized },
    {
      route: "/v1/pools",
      terms: desk.terms({ amountFen: "7" }),
      by: { party: payer },
      refusal: "ERC20InsufficientBalance",
    },
    {
      route: "/v1/pools/{id}/allocation",
      path: "/v1/pools/2/allocation",
      terms: {},
      by: { role: "ALLOCATOR" },
      ...unauthorized,
    },
    { route: "/v1/pools/{id}/payouts", terms: {}, by: "anyone", refusal: "" },
    {
      route: "/v1/pools/{id}/releases",
      path: "/v1/pools/3/releases",
      terms: { account },
      by: "anyone",
      refusal: "",
    },
    { route: "/v1/deposits", terms: money, by: { role: "BANK" }, ...unauthorized },
    { route: "/v1/withdrawals", terms: money, by: { role: "BANK" }, ...unauthorized },
  ];
  return { desk, offices, cases: cases.map((each) => ({ path: each.route.replace("{id}", "1"), ...each })) };
}
