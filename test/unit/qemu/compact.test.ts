import { describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import {
  type CompactOptions,
  type CompactReport,
  compactStream,
  verifyStream,
} from "../../../src/qemu/compact.js";
import { collect, cut } from "./collected.js";

const BLOCKS: [string, number][] = [
  ["pc.ram", 16 * w.PAGE],
  ["vga.vram", 4 * w.PAGE],
];
const START = w.ramStart(2, w.table(BLOCKS), w.EOS);
const DEVICES = w.join(
  w.device(7, "timer", Uint8Array.of(1, 2, 3)),
  w.device(8, "cpu", w.page(5), 1),
);
const MEANING = w.description({ page_size: 4096, devices: [] });
/** Two bytes that change behind ten that stay. */
const DELTA = Uint8Array.of(10, 2, 0xaa, 0xbb);

interface Compacted {
  readonly report: CompactReport;
  readonly bytes: Uint8Array;
}

async function compacted(channels: Uint8Array[], options: CompactOptions = {}): Promise<Compacted> {
  const chunks: Uint8Array[] = [];
  const sources = channels.map((bytes) => cut(bytes, 5000));
  const report = await compactStream(sources, (chunk) => chunks.push(chunk.slice()), options);
  const bytes = w.join(...chunks);
  expect(report.bytesAfter).toBe(bytes.length);
  await verifyStream([[bytes]], report.fingerprint);
  return { report, bytes };
}

describe("a pre-copy in rounds", () => {
  const changed = w.page(1, true);
  changed[2000] = 9;
  const again = w.page(1, true);
  again[2000] = 10;
  const recorded = w.join(
    w.head(),
    w.command(1),
    START,
    w.ramPart(2, w.record.raw(0, w.page(1, true), "pc.ram"), w.record.zero(4096), w.EOS),
    w.ramPart(
      2,
      w.record.compressed(8192, w.page(9)),
      w.record.raw(0, w.page(4), "vga.vram"),
      w.EOS,
    ),
    w.ramPart(2, w.record.raw(0, changed, "pc.ram"), w.record.raw(8192, w.page(0)), w.EOS),
    w.ramPart(2, w.record.raw(0, again), w.record.xbzrle(0, DELTA, "vga.vram"), w.EOS),
    w.ramEnd(2, w.record.raw(0, w.page(1, true), "pc.ram"), w.EOS),
    DEVICES,
    w.END,
    MEANING,
  );

  test("becomes its last pages, once each, and the devices as they were", async () => {
    const { report, bytes } = await compacted([recorded]);
    const last = w.page(4);
    last.set([0xaa, 0xbb], 10);
    expect(Buffer.from(bytes)).toEqual(
      Buffer.from(
        w.join(
          w.head(),
          START,
          w.ramEnd(
            2,
            w.record.raw(0, w.page(1, true), "pc.ram"),
            w.record.zero(4096),
            w.record.zero(8192),
            w.record.raw(0, last, "vga.vram"),
            w.EOS,
          ),
          DEVICES,
          w.END,
          MEANING,
        ),
      ),
    );
    expect(report).toMatchObject({
      machineType: "pc-i440fx-7.2",
      memoryBytes: 20 * w.PAGE,
      isPostCopy: false,
      bytesBefore: recorded.length,
      pagesBefore: { raw: 6, zero: 1, compressed: 1, xbzrle: 1 },
      pagesAfter: { raw: 2, zero: 2, xbzrle: 0 },
      absentPages: 16,
      devices: 2,
      isDescribed: true,
    });
  });

  test("keeps its rounds, as deltas from the second on", async () => {
    const { report, bytes } = await compacted([recorded], { xbzrleCache: 65536 });
    const { lines } = await collect([bytes]);
    const pages = lines.filter((line) => / \(\d+\)$/.test(line));
    expect(pages).toEqual([
      "raw pc.ram 0 (4111)",
      "zero pc.ram 1 (9)",
      "raw pc.ram 2 (4104)",
      "raw vga.vram 0 (4113)",
      // Round 1: not yet in the cache.
      "raw pc.ram 0 (4111)",
      "zero pc.ram 2 (9)",
      // Round 2: one byte behind 2000 that stay.
      "xbzrle pc.ram 0 (15)",
      "raw vga.vram 0 (4113)",
      // The guest has stopped; the cache still serves.
      "xbzrle pc.ram 0 (22)",
    ]);
    expect(report.pagesAfter).toEqual({ zero: 2, raw: 5, xbzrle: 2, unchanged: 0 });
  });

  test.each([0, 4095, 5000, 2 ** 41, Number.NaN])(
    "a cache of %s bytes is refused",
    async (size) => {
      await expect(compacted([recorded], { xbzrleCache: size })).rejects.toMatchObject({
        tag: "InvalidOptionError",
        option: "xbzrleCache",
      });
    },
  );

  test("can be ended", async () => {
    const abort = new AbortController();
    const options = { signal: abort.signal, onProgress: () => abort.abort() };
    await expect(compacted([recorded], options)).rejects.toMatchObject({ tag: "AbortedError" });
  });

  test("that was damaged while it was written is found out", async () => {
    const { report, bytes } = await compacted([recorded]);
    const at = bytes.length - 60;
    const damaged = bytes.slice();
    damaged[150] = (damaged[150] as number) ^ 1;
    await expect(verifyStream([[damaged]], report.fingerprint)).rejects.toMatchObject({
      tag: "VerificationError",
      differingPages: 1,
    });
    const device = bytes.slice();
    const body = Buffer.from(device).indexOf(w.page(5).subarray(0, 64));
    device[body + 5] = 6;
    expect(body).toBeGreaterThan(0);
    expect(at).toBeGreaterThan(body);
    await expect(verifyStream([[device]], report.fingerprint)).rejects.toThrow("states of devices");
  });
});

describe("a post-copy", () => {
  const untilPull = (last: Uint8Array): Uint8Array =>
    w.join(
      w.head(),
      w.command(3, w.bytes("u64", 4096, "u64", 4096)),
      START,
      w.ramPart(2, w.record.raw(0, w.page(1), "pc.ram"), w.record.raw(4096, w.page(2)), w.EOS),
      w.discard("pc.ram", [[0, 3 * w.PAGE]]),
      w.packaged(w.command(4), DEVICES, w.command(5)),
      last,
      w.END,
    );
  const pulled = [w.record.raw(4096, w.page(7), "pc.ram"), w.record.zero(0)];

  test("becomes a pre-copy: its devices behind all its pages", async () => {
    const whole = untilPull(w.ramEnd(2, ...pulled, w.record.raw(8192, w.page(3)), w.EOS));
    const { report, bytes } = await compacted([whole]);
    const { lines } = await collect([bytes]);
    expect(lines).toEqual([
      "start ram",
      "barrier",
      "end ram",
      "zero pc.ram 0 (16)",
      "raw pc.ram 1 (4104)",
      "raw pc.ram 2 (4104)",
      "barrier",
      "full timer",
      "full cpu",
      "end",
    ]);
    expect(report).toMatchObject({ isPostCopy: true, isDescribed: false });
    const rounds = await compacted([whole], { xbzrleCache: 4096 });
    expect(rounds.report.pagesAfter).toMatchObject({ zero: 1, raw: 4 });
  });

  test("takes pages from its second channel", async () => {
    const main = untilPull(w.ramEnd(2, ...pulled, w.EOS));
    const preempt = w.join(w.record.raw(8192, w.page(3), "pc.ram"), w.EOS);
    const { report } = await compacted([preempt, main]);
    expect(report.channels.map(({ kind }) => kind)).toEqual(["preempt", "main"]);
    expect(report.pagesAfter).toMatchObject({ zero: 1, raw: 2 });
  });

  test.each([undefined, 4096])(
    "of which a channel is missing is refused; cache %s",
    async (xbzrleCache) => {
      const main = untilPull(w.ramEnd(2, ...pulled, w.EOS));
      await expect(compacted([main], { xbzrleCache })).rejects.toThrow(
        "1 of the pages that the post-copy discarded never came again; is a channel missing?",
      );
    },
  );
});

describe("what other streams have besides", () => {
  test("sections of other subsystems go between the memory and the devices", async () => {
    const bitmaps = [
      w.section("start", 3, "dirty-bitmap", 0, 1, Uint8Array.of(1)),
      w.section("end", 3, "", 0, 0, Uint8Array.of(9, 9, 1)),
    ];
    const early = w.device(5, "virtio-mem-early", Uint8Array.of(4));
    const pages = w.ramEnd(2, w.record.raw(0, w.page(1), "pc.ram"), w.EOS);
    const [start, end] = bitmaps as [Uint8Array, Uint8Array];
    const recorded = w.join(w.head(), early, START, start, end, pages, DEVICES, w.END, MEANING);
    const { bytes } = await compacted([recorded]);
    expect(Buffer.from(bytes)).toEqual(
      Buffer.from(w.join(w.head(), early, START, pages, start, end, DEVICES, w.END, MEANING)),
    );
  });

  test("the addresses of memory that both sides share, whose pages stay out", async () => {
    const head = w.head("pc-q35-9.1", {
      capabilities: ["x-ignore-shared"],
      uuid: w.page(3).subarray(0, 16),
    });
    const table = w.table(BLOCKS, (name) => w.bytes("u64", name === "pc.ram" ? 0 : 0xfd000000));
    const recorded = w.join(
      head,
      w.ramStart(2, table, w.FLUSH, w.EOS),
      w.ramEnd(2, w.record.raw(0, w.page(1), "vga.vram"), w.EOS),
      DEVICES,
      w.END,
    );
    const { bytes, report } = await compacted([recorded]);
    expect(report.absentPages).toBe(19);
    const written = w.join(
      head,
      w.ramStart(2, table, w.EOS),
      w.ramEnd(2, w.record.raw(0, w.page(1), "vga.vram"), w.EOS),
      DEVICES,
      w.END,
      // Nothing is described; QEMU would complain where nothing is said.
      MEANING,
    );
    expect(Buffer.from(bytes)).toEqual(Buffer.from(written));
  });

  test.each([undefined, 65536])(
    "a mapped-ram file becomes records, with the zeros that it leaves out; cache %s",
    async (xbzrleCache) => {
      const rest = [w.ramPart(2, w.EOS), w.ramEnd(2, w.EOS), DEVICES, w.END, MEANING];
      const blocks = [
        ["pc.ram", [w.page(1), null, w.page(2)]],
        ["vga.vram", [null]],
      ];
      const { bytes } = await compacted([w.mappedFile(blocks, { rest })], { xbzrleCache });
      const written = w.join(
        w.head("pc-i440fx-9.0"),
        w.ramStart(
          2,
          w.table([
            ["pc.ram", 3 * w.PAGE],
            ["vga.vram", w.PAGE],
          ]),
          w.EOS,
        ),
        w.ramEnd(
          2,
          ...[w.record.raw(0, w.page(1), "pc.ram"), w.record.zero(4096)],
          ...[w.record.raw(8192, w.page(2)), w.record.zero(0, "vga.vram"), w.EOS],
        ),
        DEVICES,
        w.END,
        MEANING,
      );
      expect(Buffer.from(bytes)).toEqual(Buffer.from(written));
    },
  );

  test("state of a device on a multifd channel is refused rather than lost", async () => {
    const state = w.join(
      w.bytes(
        "u32",
        0x11223344,
        "u32",
        1,
        "u32",
        64,
        "text",
        "0000:00:02.0/vfio".padEnd(256, "\0"),
      ),
      w.bytes("u32", 0, "u32", 3, "raw", Uint8Array.of(1, 2, 3)),
    );
    const main = w.join(
      w.head("pc-q35-10.0"),
      START,
      w.ramEnd(2, w.record.zero(0, "pc.ram"), w.EOS),
      DEVICES,
      w.END,
    );
    await expect(compacted([main, w.join(w.multifd.init(0), state)])).rejects.toThrow(
      'the state of "0000:00:02.0/vfio" came over a multifd channel',
    );
  });

  test("a device that no reader would find behind another is refused", async () => {
    for (const odd of [w.device(7, "\x01", w.page(1)), w.device(7, "cpu", w.page(1), 0, 65536)]) {
      const pages = w.ramEnd(2, w.record.zero(0, "pc.ram"), w.EOS);
      const recorded = w.join(w.head(), START, pages, odd, DEVICES, w.END);
      await expect(compacted([recorded])).rejects.toThrow("a device of an impossible kind");
    }
  });

  test("a stream without memory or devices is refused", async () => {
    await expect(compacted([w.join(w.head(), DEVICES, w.END)])).rejects.toThrow("holds no memory");
    await expect(compacted([w.join(w.head(), START, w.END)])).rejects.toThrow("holds no devices");
  });
});
