import { describe, expect, test } from "vitest";
import { isGodwitError, type WireFormatError } from "../../../src/errors.js";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import {
  MAX_BATCH_BYTES,
  MAX_LISTED_PAGES,
  MAX_SHARD_PAGES,
  PageShard,
} from "../../../src/kernel/page-shard.js";

const FIRST = 1000;
const PAGES = 150;
const FRESH = { generation: 1, frozen: false, useCache: false };

function seeded(): Uint32Array {
  return Uint32Array.from({ length: 16 }, (_, index) => Math.imul(index + 1, 0x9e3779b9));
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, index) => from + index);
}

function setUp(): { source: PageShard; target: PageShard; state: Uint32Array } {
  const source = new PageShard(FIRST, PAGES, { cacheSlots: 64 });
  const target = new PageShard(FIRST, PAGES);
  const state = seeded();
  source.fill(FIRST, 100, "compressible", state);
  source.fill(FIRST + 100, 40, "random", state);
  return { source, target, state };
}

/** Sends the listed pages; how many batches that took. */
function send(source: PageShard, target: PageShard, pages: Uint32Array, limit: number): number {
  let batches = 0;
  for (let at = 0; at < pages.length; batches++) {
    const {
      consumed,
      bytes: _,
      parts,
      ...counts
    } = source.encode(pages.subarray(at), limit, FRESH);
    const { records, ...applied } = target.apply(parts);
    expect({ ...applied, unchanged: 0 }).toEqual(counts);
    expect(records).toBe(consumed);
    at += consumed;
  }
  return batches;
}

describe("a source and a target", () => {
  test("become equal", () => {
    const { source, target } = setUp();
    expect(source.differing(target)).toBe(140);
    expect(send(source, target, range(FIRST, FIRST + PAGES), 100_000)).toBe(6);
    expect(source.differing(target)).toBe(0);
    const bytes = source.bytes();
    expect(target.bytes().every((byte, index) => byte === bytes[index])).toBe(true);
    expect(target.digests()).toEqual(source.digests());
    expect(new Set(source.digests()).size).toBe(141);
  });

  test("resend written pages as deltas", () => {
    const { source, target, state } = setUp();
    const pages = range(FIRST, FIRST + 60);
    const cached = { generation: 1, frozen: false, useCache: true };
    target.apply(source.encode(pages, MAX_BATCH_BYTES, cached).parts);
    source.storeWrites(Uint32Array.of(FIRST + 3, FIRST + 3, 0, FIRST + 59, 2 ** 32 - 1), state);
    const second = source.encode(pages, MAX_BATCH_BYTES, { ...cached, generation: 2 });
    expect(second).toMatchObject({ consumed: 60, zero: 0, raw: 0, delta: 2, unchanged: 58 });
    expect(second.bytes).toBeLessThan(100);
    target.apply(second.parts);
    expect(source.differingPages(target, pages)).toBe(0);
    source.prepareCache(16);
    expect(source.encode(pages, MAX_BATCH_BYTES, cached)).toMatchObject({ raw: 60 });
  });

  test("are compared but for excluded pages", () => {
    const { source, target } = setUp();
    const exclude = new DirtyBitmap(2000);
    exclude.markRange(0, FIRST + 90);
    expect(source.differing(target, exclude)).toBe(50);
    const listed = Uint32Array.of(FIRST + 149, FIRST, FIRST + 1, ...range(FIRST + 2, FIRST + 80));
    expect(source.differingPages(target, listed)).toBe(80);
    expect(source.differingPages(target, new Uint32Array(0))).toBe(0);
    expect(() => source.differing(new PageShard(FIRST, PAGES - 1))).toThrow(
      "other.pageCount: got 149",
    );
  });

  test("zero pages are marked in a bitmap of the guest", () => {
    const { source } = setUp();
    const zero = new DirtyBitmap(2000);
    expect(source.zeroPages(zero)).toBe(10);
    expect([...zero.runs()]).toEqual([{ start: FIRST + 140, end: FIRST + 150 }]);
    source.fill(FIRST, PAGES, "zero", seeded());
    expect(source.zeroPages(zero)).toBe(PAGES);
  });

  test("a full batch of raw pages passes its limit by one record at most", () => {
    const shard = new PageShard(0, MAX_LISTED_PAGES);
    shard.fill(0, MAX_LISTED_PAGES, "random", seeded());
    const { consumed, parts } = shard.encode(range(0, MAX_LISTED_PAGES), MAX_BATCH_BYTES, FRESH);
    expect(consumed).toBe(Math.floor(MAX_BATCH_BYTES / 4104) + 1);
    expect(new PageShard(0, MAX_LISTED_PAGES).apply(parts).raw).toBe(consumed);
  });

  test("the largest shard has its pages and its cache", () => {
    const shard = new PageShard(2 ** 32 - MAX_SHARD_PAGES, MAX_SHARD_PAGES, {
      cacheSlots: 2 ** 18,
    });
    const last = Uint32Array.of(2 ** 32 - 2);
    shard.storeWrites(last, seeded());
    const cached = { generation: 1, frozen: false, useCache: true };
    expect(shard.encode(last, 0, cached)).toMatchObject({ raw: 1 });
    expect(shard.encode(last, 0, cached)).toMatchObject({ unchanged: 1 });
  });
});

describe("a batch from elsewhere", () => {
  test("says where it is damaged", () => {
    const { source, target } = setUp();
    const { parts } = source.encode(range(FIRST, FIRST + 3), MAX_BATCH_BYTES, FRESH);
    const damaged = (parts[0] as Uint8Array).slice();
    damaged[4104 + 7] = 0xff;
    try {
      target.apply([damaged]);
      expect.unreachable();
    } catch (error) {
      expect(isGodwitError(error, "WireFormatError")).toBe(true);
      expect((error as WireFormatError).offset).toBe(4104);
    }
    expect(source.differingPages(target, range(FIRST, FIRST + 3))).toBe(2);
  });

  test("is refused when it is longer than any batch", () => {
    const { target } = setUp();
    expect(() => target.apply([new Uint8Array(MAX_BATCH_BYTES + 5000)])).toThrow("a batch of");
  });
});

describe("arguments", () => {
  test("refuses shards that cannot be", () => {
    expect(() => new PageShard(0, MAX_SHARD_PAGES + 1)).toThrow("pageCount: got");
    expect(() => new PageShard(0, 0)).toThrow("pageCount: got");
    expect(() => new PageShard(2 ** 32 - 1, 2)).toThrow("to: got");
    expect(() => new PageShard(0, 4, { cacheSlots: 3 })).toThrow("cacheSlots: got 3");
  });

  test("refuses pages elsewhere", () => {
    const shard = new PageShard(FIRST, PAGES);
    expect(() => shard.encode(Uint32Array.of(FIRST - 1), 0, FRESH)).toThrow("pages: got 999");
    expect(() => shard.encode(new Uint32Array(4097), 0, FRESH)).toThrow("at most 4096");
    expect(() => shard.encode(Uint32Array.of(FIRST), -1, FRESH)).toThrow("limit: got -1");
    expect(() => shard.fill(FIRST - 1, 1, "zero", seeded())).toThrow("from: got");
    expect(() => shard.fill(FIRST, PAGES + 1, "zero", seeded())).toThrow("to: got");
  });
});
