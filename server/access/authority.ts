/** Who may do what, read from the chain at the time of asking: roles change there, never here. */
import { readView } from "../chain/contracts.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { readAccountStandings, readKeys } from "./queries.ts";
import { roles } from "./roles.ts";

/** The names of the roles an address holds, PUBLIC aside. @param manager address of the AccessManager */
export async function rolesOf(chain: Chain, manager: Hex, address: Hex): Promise<string[]> {
  const held = await Promise.all(
    Object.entries(roles)
      .filter(([name]) => name !== "PUBLIC")
      .map(async ([name, id]) => {
        const [isMember] = await readView(chain, { name: "AccessManager", address: manager }, "hasRole", [id, address]);
        return isMember === true ? [name] : [];
      }),
  );
  return held.flat();
}

/**
 * Whether an address may send transactions through this server: a registered account, a key bound to one, or a
 * holder of a role. Gas is free here, so the doors are guarded (SERVER.md "Who signs what").
 */
export async function maySend(deps: { sql: Sql; chain: Chain; manager: Hex }, address: Hex): Promise<boolean> {
  const { sql, chain, manager } = deps;
  if ((await readAccountStandings(sql, [address])).size > 0) return true;
  if ((await readKeys(sql, [address])).size > 0) return true;
  return (await rolesOf(chain, manager, address)).length > 0;
}
