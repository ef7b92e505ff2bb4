/** `requests`: what became of an act or a transaction that was handed in, and why. */
import type { Command } from "commander";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import type { RequestView } from "../demo/client.ts";
import type { Desk } from "./desk.ts";
import { at, facts, wordOf, type Fact } from "./lines.ts";
import { hash } from "./values.ts";
import type { AddVerb, Answer, Words } from "./verb.ts";

const states: Readonly<Record<RequestState, Words>> = {
  waiting: ["等待所依据的行为", "waiting for what it rests on"],
  queued: ["排队", "queued"],
  signed: ["已签名", "signed"],
  sent: ["已发送", "sent"],
  mined: ["已入块", "mined"],
  final: ["已确认", "final"],
  skipped: ["合约未接受", "skipped: the contract did not take it"],
  rejected: ["被拒绝", "rejected"],
  expired: ["已过期", "expired"],
};

/** What the route tells besides. */
interface Request extends RequestView {
  kind: string;
  tx: Hex | null;
  block: number | null;
  overtakenBy: Hex | null;
  /** milliseconds since 1970 */
  acceptedAt: number;
}

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const request = (await api.request(id)) as Request | undefined;
  if (!request) throw new Refusal(`Nothing with the digest or hash ${id} was handed in here.`);
  return { outcome: "shown", json: { request }, lines: linesOf(request) };
}

function linesOf({ digest, kind, state, reason, tx, block, overtakenBy, acceptedAt }: Request): string[] {
  const rows: Fact[] = [
    ["请求", "Request", digest],
    ["种类", "Kind", kind],
    ["状态", "State", wordOf(states, state)],
    ["收到", "Accepted", at(Math.floor(acceptedAt / 1_000))],
    ["交易", "Transaction", tx ?? "–"],
    ["区块", "Block", block === null ? "–" : String(block)],
  ];
  if (reason) rows.push(["原因", "Reason", reason.zh]);
  if (reason && reason.en !== reason.zh) rows.push(["", "", reason.en]);
  if (overtakenBy) rows.push(["先被记录", "Recorded instead", overtakenBy]);
  return facts(rows);
}

export function requests(program: Command, verb: AddVerb): void {
  const noun = program.command("requests").description("请求 What was handed in: acts and transactions");
  verb(noun, "show", ["查看其状态与原因", "Its state, and the reason for it"], show).argument(
    "<request>",
    "摘要或交易哈希 digest of an act, hash of a transaction",
    hash,
  );
}
