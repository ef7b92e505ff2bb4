/** Who may call which route: the one place where a route's `access` is enforced, and said in words. */
import { Problem, type ProblemCode } from "../errors.ts";
import type { Access, Caller, ReadCaller, Route, TakenFrom } from "../route.ts";

/** Lets a caller through whom the route is for. @throws Problem `login-needed`, `sender-unknown`, `role-needed`, `not-ready` */
export async function admit(access: Access, caller: ReadCaller): Promise<void> {
  if (access === "registered") refuseUnknown(await caller());
  else if (typeof access === "object" && "roles" in access) refuseOthers(access.roles, await caller());
}

/** Whoever may send something to be recorded may also store what it rests on. */
function refuseUnknown({ key, accounts, roles }: Caller): void {
  if (accounts.length > 0 || roles.length > 0) return;
  throw new Problem("sender-unknown", `${key} signs for no registered account and holds no role`);
}

function refuseOthers(needed: readonly string[], { key, roles }: Caller): void {
  if (roles.some((role) => needed.includes(role))) return;
  const held = roles.length > 0 ? roles.join(", ") : "no role";
  throw new Problem("role-needed", `${key} holds ${held}; this is for ${needed.join(", ")}`, { roles: needed });
}

/** Of preparing for a key that this server may hold. */
const HELD =
  "Where `from` is a key that this server holds, a caller for that key or its account is needed, and `Idempotency-Key`: then it is signed, stored and answered with 202.";

/** Whom the contract lets do what is prepared. */
function takenFrom(from: TakenFrom): string {
  if (from === "anyone") return "The contract takes it from anyone.";
  const whom = from === "party" ? "the party that it concerns" : `holders of ${from.roles.join(" or ")}`;
  return `The contract takes it from ${whom} alone; for any other \`from\` the answer is its refusal (would-revert).`;
}

/** What the document says of who may call a route. */
export interface Described {
  /** absent where it is all public */
  words?: string;
  /** credentials that are taken; none of them is needed where `open` */
  credentials: ("login" | "apiKey")[];
  open: boolean;
  problems: ProblemCode[];
}

/** Who may call the route, for the document. */
export function describeAccess({ access, prepares }: Pick<Route, "access" | "prepares">): Described {
  const own = describe(access);
  if (!prepares) return own;
  const asking = own.words ?? "Everybody may have it prepared.";
  const words = [asking, takenFrom(prepares), HELD].join(" ");
  const problems: ProblemCode[] = [
    ...(["login-needed", "signer-foreign", "idempotency-key-needed", "idempotency-key-reused"] as const),
    ...(["account-not-active", "nonce-taken", "busy", "not-writable", "not-ready"] as const),
  ];
  return { ...own, words, credentials: ["login", "apiKey"], problems: [...own.problems, ...problems] };
}

function describe(access: Access): Described {
  if (access === "public") return { credentials: [], open: true, problems: [] };
  if (access === "registered") {
    const words = "For those whose key signs for a registered account, or holds a role, and for their API keys.";
    const problems = ["login-needed", "sender-unknown", "not-ready"] as const;
    return { words, credentials: ["login", "apiKey"], open: false, problems: [...problems] };
  }
  if ("partly" in access) {
    const problems = ["login-needed", "not-ready"] as const;
    return { words: access.partly, credentials: ["login", "apiKey"], open: true, problems: [...problems] };
  }
  const words = `For logins with a key that holds ${access.roles.join(" or ")} on chain.`;
  return { words, credentials: ["login"], open: false, problems: ["login-needed", "role-needed", "not-ready"] };
}
