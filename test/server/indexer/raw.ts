import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import type { Log } from "../../../server/chain/blocks.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { packLogs, unpackLogs } from "../../../server/indexer/raw.ts";

const bytes = (byte: string, count: number): Hex => `0x${byte.repeat(count)}`;

const first: Log = {
  block: 7,
  index: 0,
  tx: bytes("a1", 32),
  address: bytes("1e", 20),
  topics: [bytes("01", 32), bytes("02", 32), bytes("03", 32), bytes("04", 32)],
  data: bytes("d0", 160),
};
const logs: Log[] = [
  first,
  { ...first, index: 1, topics: [] },
  { ...first, index: 70_000, tx: bytes("b2", 32), address: bytes("2f", 20), data: "0x" },
];

describe("stored logs", () => {
  it("given logs of several transactions, with topics and data or without, when unpacked, then they are as packed", async () => {
    expect(await unpackLogs(7, packLogs(logs))).to.deep.equal(logs);
  });

  it("given logs as they were stored at first, when unpacked, then they are the same", async () => {
    const entries = logs.map(({ index, tx, address, topics, data }) => [index, tx, address, topics, data]);
    expect(await unpackLogs(7, deflateRawSync(JSON.stringify(entries), { level: 1 }))).to.deep.equal(logs);
  });

  it("given bytes that were cut, when unpacked, then it throws", async () => {
    const packed = packLogs([first]);
    for (let length = 2; length < packed.length; length += 13) {
      const outcome = await unpackLogs(7, packed.subarray(0, length)).then(
        () => "unpacked",
        () => "thrown",
      );
      expect(outcome, `${length} bytes`).to.equal("thrown");
    }
  });

  it("given a log that is no hex, when packed, then it throws", () => {
    expect(() => packLogs([{ ...first, data: "0xzz" }])).to.throw("not made of hex");
  });
});
