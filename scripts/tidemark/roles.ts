/** `roles`: who may do what, granted and revoked by the admin through the authority; under an admin's delay in two steps. */
import { InvalidArgumentError, type Command } from "commander";
import { modules, roles as ids, type Role } from "../../server/access/roles.ts";
import { interfaces, readView } from "../../server/chain/contracts.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import { perform } from "../registry/transactions.ts";
import type { Desk, Officer } from "./desk.ts";
import { at, facts } from "./lines.ts";
import { chainOf, once, send } from "./once.ts";
import { address } from "./values.ts";
import { changed, type AddVerb, type Answer } from "./verb.ts";

const grantable = (Object.keys(ids) as Role[]).filter(
  (role) => role !== "PUBLIC" && !modules.some((module) => module.role === role),
);

function roleOf(text: string): Role {
  const found = grantable.find((role) => role === text.toUpperCase());
  if (found) return found;
  throw new InvalidArgumentError(`There are ${grantable.join(", ")}.`);
}

/** An admin's action has to wait: it is scheduled, and the same command executes it later. */
class Scheduled extends Refusal {}

const granting = (role: Role, who: Hex): Hex =>
  interfaces.AccessManager.encodeFunctionData("grantRole", [ids[role], who, 0]) as Hex;
const revoking = (role: Role, who: Hex): Hex =>
  interfaces.AccessManager.encodeFunctionData("revokeRole", [ids[role], who]) as Hex;

/** Calls the authority as its admin: at once, or where the admin's actions wait scheduled first, executed when it is time. */
async function administer(desk: Desk, admin: Officer, data: Hex): Promise<string> {
  const chain = chainOf(desk);
  const to = (await desk.ledger()).contracts.AccessManager;
  const manager = { name: "AccessManager", address: to } as const;
  const [, delay] = await readView(chain, manager, "getAccess", [ids.ADMIN, admin.address]);
  if (delay === 0n) return send(desk, admin, { to, data });
  const [id] = await readView(chain, manager, "hashOperation", [admin.address, to, data]);
  const [due] = await readView(chain, manager, "getSchedule", [id]);
  if (due === 0n) {
    const scheduling = interfaces.AccessManager.encodeFunctionData("schedule", [to, data, 0]) as Hex;
    const outcome = await send(desk, admin, { to, data: scheduling });
    if (outcome) return outcome;
    throw new Scheduled(
      `The admin's actions wait ${String(delay)} s here: it is scheduled. Run this again after that.`,
    );
  }
  if (Number(due) * 1_000 > Date.now()) {
    throw new Scheduled(`It is scheduled, and may be done from ${at(Number(due))} on. Run this again then.`);
  }
  const executing = interfaces.AccessManager.encodeFunctionData("execute", [to, data]) as Hex;
  // not tried: a try sees the time of the last block, which may be long ago
  return perform(desk.api, (await desk.ledger()).chainId, { signer: admin, calls: [{ to, data: executing }] });
}

async function grant(desk: Desk, [role, who]: [Role, Hex]): Promise<Answer> {
  const { outcome } = await once(
    `The role ${role} of ${who}`,
    async () => ((await desk.api.sender(who)).roles.includes(role) ? true : undefined),
    async () => administer(desk, await desk.officer("ADMIN"), granting(role, who)),
  );
  return answer(desk, outcome, role, who);
}

async function revoke(desk: Desk, [role, who]: [Role, Hex]): Promise<Answer> {
  const { outcome } = await once(
    `The revoking of ${role} from ${who}`,
    async () => ((await desk.api.sender(who)).roles.includes(role) ? undefined : true),
    async () => {
      const admin = await desk.officer("ADMIN");
      if (role === "ADMIN" && admin.address === who) {
        throw new Refusal(
          "No admin revokes its own role: nobody might be left who administers. Have another one do it.",
        );
      }
      return administer(desk, admin, revoking(role, who));
    },
  );
  return answer(desk, outcome, role, who);
}

async function answer(desk: Desk, outcome: "done" | "there", role: Role, who: Hex): Promise<Answer> {
  const { roles } = await desk.api.sender(who);
  return changed(outcome, { role, address: who, roles }, linesOf(who, roles));
}

async function show({ api }: Desk, [who]: [Hex]): Promise<Answer> {
  const { roles, nextNonce } = await api.sender(who);
  return { outcome: "shown", json: { address: who, roles, nextNonce }, lines: linesOf(who, roles) };
}

const linesOf = (who: Hex, held: readonly string[]): string[] =>
  facts([
    ["地址", "Address", who],
    ["角色", "Roles", held.join(", ") || "无 none"],
  ]);

export function roles(program: Command, verb: AddVerb): void {
  const noun = program.command("roles").description("角色 Roles of keys: who may do what");
  const ROLE = grantable.join(", ");
  verb(noun, "grant", ["授予角色", "Grant one to a key"], grant)
    .argument("<role>", ROLE, roleOf)
    .argument("<address>", "密钥地址 the key's address", address);
  verb(noun, "revoke", ["收回角色", "Take one from a key"], revoke)
    .argument("<role>", ROLE, roleOf)
    .argument("<address>", "密钥地址 the key's address", address);
  verb(noun, "show", ["查看一个地址的角色", "The roles of an address"], show).argument(
    "<address>",
    "密钥地址 the key's address",
    address,
  );
}
