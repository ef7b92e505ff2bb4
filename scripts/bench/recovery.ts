/** `npm run bench:recovery`: signature recoveries a second by each method, side by side in one run. */
import { SigningKey } from "ethers";
import { keccakText, toBytes } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import { nativeRecover, plainRecover, recoverSigner } from "../../server/chain/recover.ts";
import { createRecoveryPool, type Signed } from "../../server/chain/recovery.ts";
import { createLog } from "../../server/log.ts";
import { tell } from "./figures.ts";

const SIGNATURES = 2_000;
const SECONDS = 3;

function sign(n: number): Signed {
  const digest = keccakText(`tidemark.bench/${n}`);
  const key = new SigningKey(keccakText(`tidemark.bench/key/${n % 50}`));
  return { digest, signature: toBytes(key.sign(digest).compactSerialized as Hex) };
}

/** Runs rounds of work until the time is over; returns units a second. */
async function rate(round: () => Promise<number>): Promise<number> {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < SECONDS * 1000) done += await round();
  return (done / (performance.now() - start)) * 1000;
}

const items = Array.from({ length: SIGNATURES }, (_, n) => sign(n));
const log = createLog("warn");

const oneByOne = (recover: typeof plainRecover, most: number) => (): Promise<number> => {
  for (const { digest, signature } of items.slice(0, most)) recoverSigner(recover, digest, signature);
  return Promise.resolve(most);
};

const rows: [string, number][] = [["plain JavaScript, 1 thread", await rate(oneByOne(plainRecover, 50))]];
const native = nativeRecover();
if (native) rows.push(["native secp256k1, 1 thread", await rate(oneByOne(native, 500))]);
for (const workers of [1, 2]) {
  const pool = createRecoveryPool({ workers, log });
  await pool.recover(items); // threads warm
  rows.push([
    `worker pool, ${workers} thread${workers > 1 ? "s" : ""}`,
    await rate(async () => (await pool.recover(items)).length),
  ]);
  await pool.close();
}

const [plain, base] = rows[0]!;
console.log("signature recoveries a second");
for (const [method, perSecond] of rows) {
  console.log(`  ${method.padEnd(30)} ${perSecond.toFixed(0).padStart(8)}   × ${(perSecond / base).toFixed(1)}`);
  const beside = method === plain ? {} : { ratio: perSecond / base, beside: plain };
  tell({ what: method, value: perSecond, unit: "recoveries/s", ...beside });
}
if (!native) console.log("  native secp256k1: not installed here (no compiler?)");
