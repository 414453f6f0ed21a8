import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError, WireFormatError } from "../../../src/errors.js";
import {
  encodeTrace,
  type RecordedTrace,
  readTrace,
  type TraceFiles,
} from "../../../src/memory/recorded-trace.js";
import { PAGE_SIZE, SECOND } from "../../../src/units.js";

const MIB = 2 ** 20;

/** 1 MiB whose pages are filled with their number, and two snapshots. */
function tinyTrace(): RecordedTrace {
  const base = new Uint8Array(MIB);
  for (let page = 0; page < 256; page += 3) {
    base.fill(page, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  }
  const snapshot = (ranNs: number, pages: number[]): RecordedTrace["snapshots"][number] => ({
    ranNs,
    pages: Uint32Array.from(pages),
    bytes: Uint8Array.from({ length: pages.length * PAGE_SIZE }, (_, i) => (i * 7) % 251),
  });
  return {
    pageCount: 256,
    pageSize: PAGE_SIZE,
    base,
    snapshots: [snapshot(SECOND / 4, [0, 5, 255]), snapshot(SECOND / 4 + 700_000, [])],
  };
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const response = new Response(stream.pipeThrough(new CompressionStream("gzip")));
  return new Uint8Array(await response.arrayBuffer());
}

const tiny = await encodeTrace(tinyTrace(), "tiny");
const META = JSON.parse(tiny.meta);

/** Decompressed deltas of the tiny trace: 8 + 3 x 4100 bytes, then 8. */
function tinyDeltas(change?: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(8 + 3 * 4100 + 8);
  const view = new DataView(bytes.buffer);
  [1, 3, 0].forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  view.setUint32(8 + 4100, 5, true);
  view.setUint32(8 + 8200, 255, true);
  view.setUint32(8 + 12300, 2, true);
  change?.(view);
  return bytes;
}

async function failureOf(files: Partial<TraceFiles>): Promise<WireFormatError> {
  const error = await readTrace({ ...tiny, ...files }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WireFormatError);
  return error as WireFormatError;
}

/** toEqual takes seconds over a megabyte of bytes; this does not. */
function expectTiny(trace: RecordedTrace): void {
  const expected = tinyTrace();
  expect(trace.base.every((byte, at) => byte === expected.base[at])).toBe(true);
  expect({ ...trace, base: trace.base.length }).toEqual({ ...expected, base: MIB });
}

test("reads back what it wrote", async () => {
  expectTiny(await readTrace(tiny));
});

test("reads from streams and a meta.json in bytes", async () => {
  const stream = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
    new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const files = { base: stream(tiny.base), deltas: stream(tiny.deltas) };
  expectTiny(await readTrace({ meta: new TextEncoder().encode(tiny.meta), ...files }));
});

test("names the file below the folder", async () => {
  const error = await failureOf({ base: new Uint8Array(3), folder: "my/trace" });
  expect(error.message).toMatch(/^my\/trace\/base\.ram\.gz: damaged or truncated gzip data/);
});

describe("refuses a meta.json", () => {
  const first = { ran_s: 0, changed_pages: 0 };
  const later = (fields: object): object => ({ ...META, snapshots: [first, fields] });
  test.each<[string, unknown, RegExp]>([
    ["that is not JSON", "{", /expected JSON/],
    ["that is not UTF-8", Uint8Array.of(0xff), /expected JSON in UTF-8/],
    ["that is not an object", "[]", /expected a JSON object/],
    ["of endless length", " ".repeat(33 * MIB), /longer than/],
    ["without memory_mib", { ...META, memory_mib: undefined }, /memory_mib: got nothing/],
    ["with a fraction of a MiB", { ...META, memory_mib: 1.5 }, /memory_mib: got 1.5/],
    ["with no memory", { ...META, memory_mib: 0 }, /memory_mib: got 0/],
    ["with more than 64 GiB", { ...META, memory_mib: 65537 }, /whole number from 1 to 65536/],
    ["with other pages", { ...META, page_size: 16384 }, /page_size: got 16384, expected 4096/],
    ["without snapshots", { ...META, snapshots: undefined }, /snapshots: expected a list/],
    ["with a base alone", { ...META, snapshots: [first] }, /at least one later snapshot/],
    ["with a damaged snapshot", { ...META, snapshots: [first, 7] }, /snapshots\[1\]: expected an/],
    ["with too many changes", later({ ran_s: 1, changed_pages: 257 }), /from 0 to 256/],
    ["with negative changes", later({ ran_s: 1, changed_pages: -1 }), /changed_pages: got -1/],
    ["with a snapshot in no time", later({ ran_s: 0, changed_pages: 1 }), /ran_s: got 0/],
    ["with negative time", later({ ran_s: -1, changed_pages: 1 }), /ran_s: got -1/],
    ["with absurd time", later({ ran_s: 1e300, changed_pages: 1 }), /ran_s: got 1e\+300/],
    [
      "with changes in the base",
      { ...META, snapshots: [{ ran_s: 0, changed_pages: 1 }, first] },
      /snapshots\[0\]\.changed_pages: got 1, expected a whole number from 0 to 0/,
    ],
  ])("%s", async (_, meta, message) => {
    const isText = typeof meta === "string" || meta instanceof Uint8Array;
    const error = await failureOf({ meta: isText ? meta : JSON.stringify(meta) });
    expect(error.message).toMatch(/^meta\.json: /);
    expect(error.message).toMatch(message);
  });

  test("whose snapshots outgrow 64 GiB in all", async () => {
    const many = Array.from({ length: 9 }, () => ({ ran_s: 1, changed_pages: 2 ** 21 }));
    const meta = { ...META, memory_mib: 8192, snapshots: [first, ...many] };
    const error = await failureOf({ meta: JSON.stringify(meta) });
    expect(error.message).toMatch(/changed pages in all/);
  });
});

describe("refuses a base image", () => {
  test("that ends early", async () => {
    const error = await failureOf({ base: await gzip(new Uint8Array(MIB - 1)) });
    expect(error.message).toMatch(/base\.ram\.gz: .*expected 1048576 bytes, found 1048575/);
    expect(error.offset).toBe(MIB - 1);
  });

  test("that goes on too long", async () => {
    const error = await failureOf({ base: await gzip(new Uint8Array(MIB + 1)) });
    expect(error.message).toMatch(/goes on beyond the 1048576 bytes that meta\.json declares/);
    expect(error.offset).toBe(MIB);
  });

  test("that is damaged gzip, and keeps the cause", async () => {
    const damaged = tiny.base.slice();
    damaged.fill(0xff, 40, 60);
    const error = await failureOf({ base: damaged });
    expect(error.message).toMatch(/base\.ram\.gz: damaged or truncated gzip data/);
    expect(error.cause).toBeDefined();
  });

  test.each([0, 1, 9, 10, 100])("of only the first %d bytes", async (length) => {
    const error = await failureOf({ base: tiny.base.subarray(0, length) });
    expect(error.message).toMatch(/base\.ram\.gz: /);
  });

  test("that is a gzip bomb, after reading little of it", async () => {
    const part = await gzip(new Uint8Array(32 * MIB));
    let read = 0;
    const bomb = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          read++;
          controller.enqueue(part);
        },
      },
      { highWaterMark: 0 },
    );
    const error = await failureOf({ base: bomb });
    expect(error.message).toMatch(/goes on beyond/);
    expect(read).toBe(1);
  });

  test("whose source fails, and keeps the cause", async () => {
    const cause = new Error("unplugged");
    const base = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(cause) });
    const error = await failureOf({ base });
    expect(error.message).toMatch(/base\.ram\.gz: the file could not be read/);
    expect(error.cause).toBe(cause);
  });
});

describe("refuses deltas", () => {
  const u32 =
    (at: number, value: number) =>
    (view: DataView): void =>
      view.setUint32(at, value, true);
  test.each<[string, (view: DataView) => void, RegExp, number]>([
    ["with an index left out", u32(0, 2), /snapshot index: got 2, expected 1/, 0],
    ["with an index again", u32(12308, 1), /snapshot index: got 1, expected 2/, 12308],
    ["with another page count", u32(4, 4), /snapshot 1: got 4, expected 3/, 4],
    ["with a page outside memory", u32(8208, 256), /got 256, expected 6 to 255/, 8208],
    ["with a page twice", u32(4108, 0), /got 0, expected 1 to 255/, 4108],
    ["with pages out of order", u32(8208, 4), /got 4, expected 6 to 255/, 8208],
  ])("%s", async (_, change, message, offset) => {
    const error = await failureOf({ deltas: await gzip(tinyDeltas(change)) });
    expect(error.message).toMatch(/^deltas\.bin\.gz: /);
    expect(error.message).toMatch(message);
    expect(error.offset).toBe(offset);
  });

  test.each([
    [0, "the head of snapshot 1"],
    [7, "the head of snapshot 1"],
    [9, "a page number"],
    [8 + 4099, "page 0"],
    [12308, "the head of snapshot 2"],
  ])("that end after %d bytes", async (length, where) => {
    const error = await failureOf({ deltas: await gzip(tinyDeltas().subarray(0, length)) });
    expect(error.message).toContain(`ends within ${where}`);
    expect(error.offset).toBe(length);
  });

  test("that go on too long", async () => {
    const longer = new Uint8Array(12316 + 64 * MIB);
    longer.set(tinyDeltas());
    const error = await failureOf({ deltas: await gzip(longer) });
    expect(error.message).toMatch(/goes on beyond snapshot 2, the last that meta\.json declares/);
    expect(error.offset).toBe(12316);
  });
});

test("damaged files never do worse than a WireFormatError", async () => {
  const damage = fc.record({
    file: fc.constantFrom("base" as const, "deltas" as const, "rawDeltas" as const),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
    flips: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(7)), {
      maxLength: 4,
    }),
    meta: fc.option(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(127))),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, cut, flips, meta }) => {
      const original = file === "rawDeltas" ? tinyDeltas() : tiny[file];
      const bytes = original.slice(0, Math.round(original.length * (cut ?? 1)));
      for (const [place, bit] of flips) {
        const at = Math.floor(place * bytes.length);
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      }
      const files = { ...tiny, ...(file === "base" ? { base: bytes } : { deltas: bytes }) };
      if (file === "rawDeltas") files.deltas = await gzip(bytes);
      const at = Math.floor((meta?.[0] ?? 0) * tiny.meta.length);
      const character = String.fromCharCode(meta?.[1] ?? 0);
      if (meta) files.meta = tiny.meta.slice(0, at) + character + tiny.meta.slice(at + 1);
      try {
        const trace = await readTrace(files);
        expect(trace.base.length).toBe(trace.pageCount * PAGE_SIZE);
        expect(trace.snapshots).toHaveLength(2);
      } catch (error) {
        if (!isGodwitError(error, "WireFormatError")) throw error;
      }
    }),
    { numRuns: 150 },
  );
});
