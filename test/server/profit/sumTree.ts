/** The sum tree against a second, naive one, and the vectors that the contract's tests read. */
import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { getBytes, hexlify, toBeHex } from "ethers";
import fc from "fast-check";
import type { Hex } from "../../../server/chain/port.ts";
import { leafAt, type Leaf } from "../../../server/profit/leaves.ts";
import { buildSumTree, verifyChunk, type Chunk, type KnownTree, type SumTree } from "../../../server/profit/sumTree.ts";
import {
  chunkHash,
  depthFor,
  nodeAt,
  packed,
  plainLeaves,
  rootFor,
  rootOver,
  siblingsFor,
} from "../../support/naiveSumTree.ts";

const file = new URL("vectors.json", import.meta.url);
const plain = (count: number): Leaf[] => plainLeaves(count) as Leaf[];
const of = { pool: 7n, version: 2 };
const seeded = { seed: 1, numRuns: 15 };

/** Up to 700 leaves with accounts and amounts that differ by little and by much. */
const anyLeaves = fc
  .tuple(
    fc.integer({ min: 1, max: 700 }),
    fc.bigInt(0n, 2n ** 140n),
    fc.bigInt(1n, 2n ** 12n),
    fc.bigInt(1n, 2n ** 53n),
  )
  .map(([count, first, step, most]) =>
    Array.from({ length: count }, (_, i): Leaf => {
      const account = toBeHex(first + BigInt(i) * step, 20) as Hex;
      return { account, amountFen: 1n + ((BigInt(i) * 1_000_003n) % most) };
    }),
  );

const everyChunk = (tree: SumTree): Chunk[] => Array.from({ length: tree.chunks }, (_, i) => tree.chunk(i));

const changed = (bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  change(copy);
  return copy;
};

/** What somebody might try with a chunk of a tree of 1,000 leaves. */
const forgeries: Record<string, (chunk: Chunk, tree: SumTree) => Chunk> = {
  "a leaf has a fen more": (chunk) => ({ ...chunk, leaves: changed(chunk.leaves, (copy) => copy[27]!++) }),
  "a leaf has a fen more and a sibling one less": (chunk) => ({
    ...chunk,
    leaves: changed(chunk.leaves, (copy) => copy[27]!++),
    siblings: chunk.siblings.map(({ hash, sumFen }, i) => ({ hash, sumFen: i === 0 ? sumFen - 1n : sumFen })),
  }),
  "an account is another": (chunk) => ({ ...chunk, leaves: changed(chunk.leaves, (copy) => copy[19]!++) }),
  "two leaves changed places": (chunk) => ({
    ...chunk,
    leaves: changed(chunk.leaves, (copy) => {
      copy.set(chunk.leaves.subarray(28, 56), 0);
      copy.set(chunk.leaves.subarray(0, 28), 28);
    }),
  }),
  "the last leaf is missing": (chunk) => ({ ...chunk, leaves: chunk.leaves.subarray(0, -28) }),
  "there is a leaf more": (chunk) => ({ ...chunk, leaves: Buffer.concat([chunk.leaves, Buffer.alloc(28, 0xff)]) }),
  "the index is another": (chunk) => ({ ...chunk, index: chunk.index ^ 1 }),
  "the index has a high bit": (chunk, { depth }) => ({ ...chunk, index: chunk.index + 2 ** depth }),
  "a sibling is missing": (chunk) => ({ ...chunk, siblings: chunk.siblings.slice(0, -1) }),
  "there is a sibling more": (chunk) => ({ ...chunk, siblings: [...chunk.siblings, chunk.siblings[0]!] }),
  "the siblings changed places": (chunk) => ({ ...chunk, siblings: chunk.siblings.toReversed() }),
  "it is of another pool": (chunk) => buildSumTree({ ...of, pool: 8n }, plain(1_000)).chunk(chunk.index),
  "it is of another version": (chunk) => buildSumTree({ ...of, version: 3 }, plain(1_000)).chunk(chunk.index),
};

describe("sum tree", function () {
  this.timeout(20_000);
  it("given any leaves, when the tree is built, then root, depth, sum and siblings are those of the naive one", () => {
    fc.assert(
      fc.property(
        anyLeaves,
        fc.bigInt(0n, 2n ** 256n - 1n),
        fc.integer({ min: 0, max: 0xffff }),
        (leaves, pool, version) => {
          const tree = buildSumTree({ pool, version }, leaves);
          expect(tree.root).to.equal(rootFor(pool, version, leaves));
          expect(tree.depth).to.equal(depthFor(leaves.length));
          expect(tree.totalFen).to.equal(leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n));
          for (const { index, leaves: bytes, siblings } of everyChunk(tree)) {
            expect(hexlify(bytes)).to.equal(packed(leaves.slice(index * 256, index * 256 + 256)));
            expect(siblings).to.deep.equal(siblingsFor(pool, version, leaves, index));
          }
        },
      ),
      seeded,
    );
  });

  it("given any leaves, when each chunk is verified, then it holds, and its leaves are those put in", () => {
    fc.assert(
      fc.property(anyLeaves, (leaves) => {
        const tree = buildSumTree(of, leaves);
        const chunks = everyChunk(tree);
        for (const chunk of chunks) expect(verifyChunk(tree, chunk)).to.equal(true);
        const found = chunks.flatMap(({ leaves: bytes }) =>
          Array.from({ length: bytes.length / 28 }, (_, i) => leafAt(bytes, i)),
        );
        expect(found).to.deep.equal(leaves);
      }),
      seeded,
    );
  });

  for (const [what, forge] of Object.entries(forgeries)) {
    it(`given 1,000 leaves, when ${what}, then no chunk of them holds`, () => {
      const tree = buildSumTree(of, plain(1_000));
      for (const chunk of everyChunk(tree)) {
        const forged = forge(chunk, tree);
        expect(verifyChunk(tree, chunk)).to.equal(true);
        expect(verifyChunk(tree, forged), `chunk ${chunk.index}`).to.equal(false);
      }
    });
  }

  /** Roots that nobody here would build, but somebody may publish: hash and sum are right, the rest is not. */
  const published: Record<string, () => [KnownTree, Chunk]> = {
    "a root of 300 leaves is said to have 299": () => {
      const tree = buildSumTree(of, plain(300));
      return [{ ...of, leafCount: 299, root: tree.root }, tree.chunk(1)];
    },
    "a root of 300 leaves is said to have 1,000": () => {
      const tree = buildSumTree(of, plain(300));
      return [{ ...of, leafCount: 1_000, root: tree.root }, tree.chunk(0)];
    },
    "a chunk's accounts descend": () => forged(plain(2).reverse(), 2),
    "an account stands twice in a chunk": () => forged([...plain(1), ...plain(1)], 2),
    "a chunk without leaves follows the last": () => forged([], 256, 1),
  };

  /** The only chunk of a root that the naive encoders make of any leaves under any index. */
  function forged(leaves: readonly Leaf[], leafCount: number, index = 0): [KnownTree, Chunk] {
    const sumFen = leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n);
    const root = rootOver({ hash: chunkHash(of.pool, of.version, index, leaves), sumFen }) as Hex;
    return [
      { ...of, leafCount, root },
      { index, leaves: getBytes(packed(leaves)), siblings: [] },
    ];
  }

  it("given a root over one chunk by the naive encoders, when the chunk is verified, then it holds", () => {
    expect(verifyChunk(...forged(plain(2), 2))).to.equal(true);
  });

  for (const [what, made] of Object.entries(published)) {
    it(`given ${what}, when the chunk is verified, then it does not hold`, () => {
      expect(verifyChunk(...made())).to.equal(false);
    });
  }

  const refused: [string, Leaf[], string][] = [
    ["no leaf", [], "at least one"],
    ["two leaves of one account", [...plain(1), ...plain(1)], "leaf 1"],
    ["leaves in descending order", plain(2).reverse(), "leaf 1"],
    ["a leaf of 0 fen", plain(3).map((leaf, i) => (i === 2 ? { ...leaf, amountFen: 0n } : leaf)), "leaf 2: 0 fen"],
    ["a sum of 2^63", plain(2).map((leaf) => ({ ...leaf, amountFen: 2n ** 62n })), "leaf 1: the sum"],
    ["an account in capitals", [{ account: `0x${"AB".repeat(20)}`, amountFen: 1n }], "leaf 0"],
    ["an account of 19 bytes", [{ account: `0x${"ab".repeat(19)}`, amountFen: 1n }], "leaf 0"],
  ];
  for (const [what, leaves, message] of refused) {
    it(`given ${what}, when a tree is built, then it is refused`, () => {
      expect(() => buildSumTree(of, leaves)).to.throw(message);
    });
  }

  it("given a sum of 2^63 - 1, when a tree is built, then its total is that", () => {
    const leaves = plain(2).map((leaf, i) => ({ ...leaf, amountFen: 2n ** 62n - BigInt(i) }));
    expect(buildSumTree(of, leaves).totalFen).to.equal(2n ** 63n - 1n);
  });

  it("given a tree of two chunks, when a third is asked for, then it is refused", () => {
    const tree = buildSumTree(of, plain(512));
    for (const index of [2, -1, 0.5]) expect(() => tree.chunk(index)).to.throw(`chunk ${index} of 2`);
  });
});

const text = ({ hash, sumFen }: { hash: string; sumFen: bigint }): object => ({ hash, sumFen: `${sumFen}` });

/** By the naive tree alone. */
function vectorOf(leafCount: number, pool: bigint, version: number): object {
  const leaves = plainLeaves(leafCount);
  const depth = depthFor(leafCount);
  const children = (): object => ({
    left: text(nodeAt(pool, version, leaves, depth - 1, 0)),
    right: text(nodeAt(pool, version, leaves, depth - 1, 1)),
  });
  const index = Math.ceil(leafCount / 256) - 1;
  const totalFen = `${leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n)}`;
  return {
    ...{ pool: `${pool}`, version, leafCount, depth, totalFen, root: rootFor(pool, version, leaves) },
    top: depth === 0 ? { leaves: packed(leaves) } : children(),
    lastChunk: {
      index,
      leaves: packed(leaves.slice(index * 256)),
      siblings: siblingsFor(pool, version, leaves, index).map(text),
    },
  };
}

describe("vectors of sum trees", () => {
  it("given the rule of their leaves, when the vectors are made again, then they are those of the file", async () => {
    const trees = [1, 255, 256, 257, 513, 1_000].map((count, i) => vectorOf(count, BigInt(i + 1), 1 + (i % 3)));
    const leaves = "account (i + 1) * (2^148 + 1), amountFen 1 + (i * 7919) mod 100003, for i from 0";
    const made = `${JSON.stringify({ leaves, trees }, null, 2)}\n`;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") await writeFile(file, made);
    expect(made, "if this is meant: UPDATE_SNAPSHOTS=1").to.equal(await readFile(file, "utf8"));
  });

  it("given the file, when the server builds its trees, then roots, tops and last chunks are the same", async () => {
    const { trees } = JSON.parse(await readFile(file, "utf8")) as { trees: Record<string, never>[] };
    for (const { pool, version, leafCount, ...wanted } of trees) {
      const tree = buildSumTree({ pool: BigInt(pool!), version: version! }, plain(leafCount!));
      const { depth, root, totalFen } = tree;
      const { index, leaves, siblings } = tree.chunk(tree.chunks - 1);
      const top =
        "leaves" in tree.top
          ? { leaves: hexlify(tree.top.leaves) }
          : { left: text(tree.top.left), right: text(tree.top.right) };
      const lastChunk = { index, leaves: hexlify(leaves), siblings: siblings.map(text) };
      expect({ depth, totalFen: `${totalFen}`, root, top, lastChunk }).to.deep.equal(wanted);
    }
    expect(trees).to.have.length(6);
  });
});
