import { constants, createDeflate, type Deflate } from "node:zlib";
import { describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { collect } from "./collected.js";

const TABLE = w.table([["pc.ram", 400 * w.PAGE]]);
const TAIL = w.join(w.device(9, "timer", Uint8Array.of(1)), w.END);
const SYNC = w.multifd.sync();
const block = "pc.ram";

/** A main channel whose barriers are told by machine type or by a flush. */
function main(machine: string, ...parts: Uint8Array[][]): Uint8Array {
  const isOld = machine.endsWith("7.2");
  const close = isOld ? [w.EOS] : [w.FLUSH, w.EOS];
  return w.join(
    w.head(machine),
    w.ramStart(2, TABLE, ...close),
    ...parts.map((records) => w.ramPart(2, ...records, ...close)),
    w.ramEnd(2, w.EOS),
    TAIL,
  );
}

/** Packets' contents as one stream that is flushed after each of them. */
async function deflated(contents: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const stream: Deflate = createDeflate({ level: 1 });
  let made: Uint8Array[] = [];
  stream.on("data", (part: Uint8Array) => made.push(part));
  const packets: Uint8Array[] = [];
  for (const content of contents) {
    stream.write(content);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, resolve));
    packets.push(w.join(...made));
    made = [];
  }
  return packets;
}

describe("a SYNC", () => {
  test("keeps old pages from overtaking new ones, whatever channel they come on", async () => {
    const [first, second] = [w.page(1), w.page(2)];
    const one = w.join(
      w.multifd.init(1),
      SYNC,
      // Up to QEMU 8 a SYNC may carry pages, and one without pages a size of long ago.
      w.multifd.sync({
        block,
        pages: [
          [0, first],
          [4096, first],
        ],
      }),
      w.multifd.sync({ size: 77777 }),
      w.multifd.sync({ block, pages: [[4096, second]] }),
      SYNC,
    );
    const two = w.join(
      w.multifd.init(0),
      SYNC,
      SYNC,
      w.multifd.sync({ block, pages: [[0, second]] }),
      SYNC,
      SYNC,
    );
    const mainChannel = main(
      "pc-i440fx-7.2",
      [w.record.zero(8192, block)],
      [],
      [w.record.zero(0, block)],
    );
    for (const chunk of [50, 1 << 20]) {
      const { image, lines, syncs } = await collect([one, mainChannel, two], chunk);
      expect(syncs).toBe(5);
      expect(lines.filter((line) => line === "barrier")).toHaveLength(5);
      expect(image.memory[0]?.read(0)).toEqual(w.page(0));
      expect(image.memory[0]?.read(4096)).toEqual(second);
    }
  });

  test("is announced by a flush for newer machines, with zero pages in packets", async () => {
    const channel = w.join(
      w.multifd.init(0),
      SYNC,
      w.multifd.packet({ block, pages: [[0, w.page(5)]], zeros: [4096, 8192] }),
      SYNC,
      w.multifd.packet({ block, zeros: [0] }),
    );
    const bytes = main("pc-q35-9.1", [w.record.raw(8192, w.page(6), block)]);
    const { image, lines, syncs } = await collect([bytes, channel]);
    expect(syncs).toBe(2);
    const pages = lines.filter((line) => line.includes("pc.ram"));
    // Before the barrier the channels are not ordered.
    expect(pages.slice(0, 4).sort()).toEqual([
      "multifd pc.ram 0 (4104)",
      "multifd-zero pc.ram 1 (8)",
      "multifd-zero pc.ram 2 (8)",
      "raw pc.ram 2 (4111)",
    ]);
    expect(pages[4]).toBe("multifd-zero pc.ram 0 (8)");
    expect(image.memory[0]?.missing).toBe(397);
  });
});

describe("compression", () => {
  const noisy = Array.from({ length: 128 }, (_, i) => w.page(i + 1, true));
  const batches = [noisy, [w.page(7)], noisy.slice(3, 9), noisy];
  const contents = batches.map((pages) => w.join(...pages));

  test.each([
    ["zlib", 2, () => deflated(contents)],
    ["zstd", 4, () => Promise.resolve(w.storedZstd(contents))],
  ])("with %s is one stream per channel", async (_, flags, pack) => {
    const payloads = await pack();
    const packets = batches.map((pages, i) =>
      w.multifd.packet({
        flags,
        block,
        pages: pages.map((page, k) => [(k + 50 * i) * w.PAGE, page]),
        payload: payloads[i],
      }),
    );
    const { image } = await collect([
      main("pc-i440fx-7.2"),
      w.join(w.multifd.init(0), SYNC, ...packets, SYNC),
    ]);
    const [ram] = image.memory;
    expect(ram?.read(49 * w.PAGE)).toEqual(noisy[49]);
    expect(ram?.read(100 * w.PAGE)).toEqual(noisy[3]);
    expect(ram?.read(277 * w.PAGE)).toEqual(noisy[127]);
  });

  test("of a single small page with zstd is not lost in the decompressor", async () => {
    const [payload] = w.storedZstd([w.page(5)]);
    const packet = w.multifd.packet({ flags: 4, block, pages: [[0, w.page(5)]], payload });
    const { image } = await collect([
      main("pc-i440fx-7.2"),
      w.join(w.multifd.init(0), SYNC, packet, SYNC),
    ]);
    expect(payload?.length).toBe(10);
    expect(image.memory[0]?.read(0)).toEqual(w.page(5));
  });
});

describe("what breaks the format is refused", () => {
  const pages: [number, Uint8Array][] = [[0, w.page(1)]];
  const zeros = new Uint8Array(w.PAGE);
  const bomb = (flags: number, payload: Uint8Array) =>
    w.multifd.packet({ flags, block, pages: [[0, zeros]], payload });
  const [tooLong] = w.storedZstd([new Uint8Array(65536)]);
  const [wide] = w.storedZstd([zeros], 0x80);
  test.each([
    ["another magic", w.bytes("u32", 5, "u32", 1, "u32", 0), /channel 2: no packet/],
    ["another version", w.bytes("u32", 0x11223344, "u32", 2, "u32", 0), /version 2 of multifd/],
    ["too many pages", w.multifd.packet({ block, room: 0, zeros: [] }).fill(9, 16, 20), /too many/],
    ["a large packet", w.bytes("u32", 0x11223344, "u32", 1, "u32", 0, "u32", 9999), /of 9999/],
    ["an unknown block", w.multifd.packet({ block: "rom", pages }), /named "rom"/],
    ["a page beyond", w.multifd.packet({ block, zeros: [400 * w.PAGE] }), /beyond the block/],
    ["a size of no pages", w.multifd.packet({ block, pages, size: 5000 }), /1 pages in 5000/],
    ["an unknown compression", w.multifd.packet({ flags: 16, block, pages }), /unknown way, 8/],
    ["no zlib", w.multifd.packet({ flags: 2, block, pages }), /damaged zlib/],
    ["no zstd", w.multifd.packet({ flags: 4, block, pages }), /no head of a zstd/],
    ["more than the pages", bomb(4, tooLong), /damaged zstd/],
    ["a window too wide", bomb(4, wide), /window of 67108864/],
    [
      "a packet cut off",
      w.multifd.packet({ block, pages }).subarray(0, -1),
      /ends inside a packet/,
    ],
    [
      "another compression later",
      w.join(w.multifd.packet({ block, pages }), w.multifd.packet({ flags: 2, block, pages })),
      /another way/,
    ],
  ])("%s", async (_, packet, message) => {
    const channel = w.join(w.multifd.init(0), SYNC, packet);
    const decoding = collect([main("pc-i440fx-7.2"), channel]);
    await expect(decoding).rejects.toMatchObject({ tag: "WireFormatError" });
    await expect(decoding).rejects.toThrow(message);
  });

  test("several main channels, or none", async () => {
    const channel = w.join(w.multifd.init(0), SYNC);
    await expect(collect([channel])).rejects.toThrow("exactly one main channel");
    const bytes = main("pc-i440fx-7.2");
    await expect(collect([bytes, bytes])).rejects.toThrow("exactly one main channel");
  });
});
