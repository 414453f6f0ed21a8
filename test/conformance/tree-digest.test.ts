import fc from "fast-check";
import { createXXHash3, type IHasher } from "hash-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { treeDigest } from "../../src/kernel/tree-digest.js";

const BLOCK = 4096;
let xxh3: IHasher;

beforeAll(async () => {
  xxh3 = await createXXHash3();
});

/** XXH3 of a block that is filled up with zeros, little-endian. */
function digestOfBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(bytes);
  xxh3.init();
  xxh3.update(block);
  return Uint8Array.from(xxh3.digest("binary")).reverse();
}

/** As it is defined, word for word. */
function plainTreeDigest(head: Uint8Array, bytes: Uint8Array): Uint8Array {
  let list = bytes;
  while (list.length > 4080) {
    const digests: number[] = [];
    for (let at = 0; at < list.length; at += BLOCK) {
      digests.push(...digestOfBlock(list.subarray(at, at + BLOCK)));
    }
    list = Uint8Array.from(digests);
  }
  const top = new Uint8Array(BLOCK);
  top.set(head);
  new DataView(top.buffer).setBigUint64(8, BigInt(bytes.length), true);
  top.set(list, 16);
  return digestOfBlock(top);
}

describe("the digest of a tree", () => {
  const head = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  test("is as defined, wherever the parts are cut", () => {
    const edges = [0, 1, 4079, 4080, 4081, 4096, 8192, 32_767, 32_768, 32_769, 70_000];
    const lengths = fc.oneof(fc.constantFrom(...edges), fc.nat(70_000));
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(70_000)), fc.nat(255), (length, cuts, seed) => {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at++) bytes[at] = (at * 7 + (at >> 8) + seed) & 255;
        const places = cuts.filter((cut) => cut <= length).sort((a, b) => a - b);
        const parts = [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
        expect(treeDigest(head, parts).slice()).toEqual(plainTreeDigest(head, bytes));
      }),
      { numRuns: 50 },
    );
  });

  test("has a second level from 510 blocks on", () => {
    for (const blocks of [510, 511, 4096]) {
      const bytes = new Uint8Array(blocks * BLOCK);
      for (let at = 0; at < bytes.length; at += 1009) bytes[at] = at & 255;
      expect(treeDigest(head, [bytes]).slice()).toEqual(plainTreeDigest(head, bytes));
    }
  });

  test("knows zeros at the end from nothing", () => {
    const digests = [0, 1, 4080, 4081, 4096].map((length) =>
      treeDigest(head, [new Uint8Array(length)]).join(),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });
});
