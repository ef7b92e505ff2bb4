/**
 * Who may see what of a lot's history, and of what somebody holds. The whole rule (decision 0006):
 *
 * 1. Everybody sees the public view, and facilities, organisations and vessels by their ids. A person appears as a count.
 * 2. The full view is for the parties to the lot asked for: accounts that hold or own it, or took part in an act upon it
 *    or in the act that made it; and for keys with the role ADMIN, REGISTRY or AUDITOR. They see all its lots and acts,
 *    as far as these go. Nobody logged in: 401. Somebody else: 403.
 * 3. In the full view a person's id is shown to role holders, to the person, and to whoever gave to or received from
 *    that person, in that very act: one hop. Of a lot that the person holds or owns, to whoever sees the person in one
 *    of the acts upon it.
 * 4. What a person holds is for that person and for those roles.
 */
import type { Hex } from "../chain/port.ts";
import type { Sql } from "../db/port.ts";
import { Problem } from "../errors.ts";
import type { Caller } from "../route.ts";
import { wasParty, type ActRow, type NodeRow } from "./provenance.ts";

const oversight = ["ADMIN", "REGISTRY", "AUDITOR"];

const oversees = ({ roles }: Caller): boolean => roles.some((role) => oversight.includes(role));

/** @throws Problem `need-to-know` for whoever is neither a party to the lot nor holds a role that oversees all */
export async function refuseStrangers(sql: Sql, caller: Caller, lot: Hex): Promise<void> {
  if (oversees(caller) || (await wasParty(sql, lot, caller.accounts))) return;
  const accounts = caller.accounts.length > 0 ? caller.accounts.join(", ") : "no account";
  throw new Problem("need-to-know", `the key ${caller.key} signs for ${accounts}`, { lot });
}

/** @throws Problem `need-to-know` for whoever is not that person and holds no role that oversees all */
export function refuseOthers(caller: Caller, person: Hex): void {
  if (oversees(caller) || caller.accounts.includes(person)) return;
  throw new Problem("need-to-know", `the key ${caller.key} does not sign for ${person}`, { account: person });
}

/** Whose ids may be shown: the id, or null. */
export interface Eyes {
  ofAct(act: ActRow, id: Hex): Hex | null;
  /** its custodian or owner */
  ofLot(node: NodeRow, id: Hex): Hex | null;
}

/** @param named the accounts that everybody may see */
export function eyesOf(named: ReadonlyMap<Hex, number>, caller: Caller): Eyes {
  const all = oversees(caller);
  const own = new Set(caller.accounts);
  const plain = (id: Hex): boolean => all || named.has(id) || own.has(id);
  const inAct = ({ giver, receiver }: ActRow, id: Hex): boolean =>
    plain(id) || ((id === giver || id === receiver) && (own.has(giver) || own.has(receiver)));
  return {
    ofAct: (act, id) => (inAct(act, id) ? id : null),
    ofLot: ({ acts }, id) => (plain(id) || acts.some((act) => inAct(act, id)) ? id : null),
  };
}
