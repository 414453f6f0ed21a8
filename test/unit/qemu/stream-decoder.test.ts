import { describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { StreamDecoder } from "../../../src/qemu/stream-decoder.js";
import { VmImage } from "../../../src/qemu/vm-image.js";
import { collect, cut } from "./collected.js";

const BLOCKS: [string, number][] = [
  ["pc.ram", 16 * w.PAGE],
  ["vga.vram", 4 * w.PAGE],
];
const START = w.ramStart(2, w.table(BLOCKS), w.EOS);
const TAIL = w.join(w.device(9, "timer", Uint8Array.of(1, 2, 3)), w.END);
/** Two bytes that change behind ten that stay. */
const DELTA = Uint8Array.of(10, 2, 0xaa, 0xbb);

function plain(): Uint8Array {
  return w.join(
    w.head(),
    w.command(1),
    w.command(2, w.bytes("u32", 7)),
    START,
    w.ramPart(2, w.record.raw(0, w.page(1, true), "pc.ram"), w.record.zero(4096), w.EOS),
    w.ramPart(2, w.record.compressed(8192, w.page(9)), w.record.zero(0, "vga.vram"), w.EOS),
    w.ramEnd(2, w.record.raw(4096, w.page(3)), w.record.xbzrle(0, DELTA, "pc.ram"), w.EOS),
    TAIL,
    w.description({ page_size: 4096, devices: [] }),
  );
}

describe("a plain stream", () => {
  test("is told in its order, and leaves its memory", async () => {
    const { lines, image } = await collect([plain()]);
    expect(lines).toEqual([
      "command open-return-path",
      "command ping",
      "start ram",
      "barrier",
      "part ram",
      "raw pc.ram 0 (4111)",
      "zero pc.ram 1 (9)",
      "barrier",
      "part ram",
      expect.stringMatching(/^compressed pc.ram 2 \(\d+\)$/),
      "zero vga.vram 0 (18)",
      "barrier",
      "end ram",
      "raw vga.vram 1 (4104)",
      "xbzrle pc.ram 0 (22)",
      "barrier",
      "full timer",
      "end",
    ]);
    expect(image.machine?.machineType).toBe("pc-i440fx-7.2");
    const [ram, vga] = image.memory;
    const first = w.page(1, true);
    first.set([0xaa, 0xbb], 10);
    expect(ram?.read(0)).toEqual(first);
    expect(ram?.read(8192)).toEqual(w.page(9));
    expect(vga?.read(4096)).toEqual(w.page(3));
    expect([ram?.missing, vga?.missing]).toEqual([13, 2]);
    expect(image.devices.map(({ name, body }) => [name, [...body]])).toEqual([
      ["timer", [1, 2, 3]],
    ]);
    expect(image.meaning?.devices).toEqual([]);
  });

  test.each([1, 2, 7, 4104, 5000])("is read alike in chunks of %i bytes", async (chunk) => {
    const whole = await collect([plain()]);
    const pieces = await collect([plain()], chunk);
    expect(pieces.lines).toEqual(whole.lines);
    expect(pieces.image.memory[0]?.read(0)).toEqual(whole.image.memory[0]?.read(0));
  });

  test("that ends too early is refused wherever that is", async () => {
    const bytes = plain();
    // Without its description a stream is whole.
    const withoutDescription =
      bytes.length - w.description({ page_size: 4096, devices: [] }).length;
    for (let end = 0; end < bytes.length; end += end % 4096 < 200 ? 1 : 97) {
      if (end === withoutDescription) continue;
      await expect(collect([bytes.subarray(0, end)])).rejects.toThrow(
        /ends inside|is no migration stream/,
      );
    }
  });
});

describe("what breaks the format is refused with its place", () => {
  const start = w.join(w.head(), START);
  const behind = (...parts: Uint8Array[]) => w.join(start, ...parts);
  const part = (...records: Uint8Array[]) => behind(w.ramPart(2, ...records, w.EOS), TAIL);
  const at = start.length;
  test.each([
    ["another version", w.bytes("u32", 0x5145564d, "u32", 2), /version 2 .*byte 4/],
    ["pages of 64 KiB", w.join(w.head("virt-9.0", { bits: 16 }), TAIL), /pages of 2\^16/],
    ["an old machine", w.join(w.head().subarray(0, 8), TAIL), /no configuration/],
    ["an unknown byte", behind(Uint8Array.of(0x55)), new RegExp(`byte 85 .at byte ${at}`)],
    ["a part of nothing", behind(w.ramPart(3, w.EOS)), /never started/],
    ["another footer", behind(w.ramPart(2, w.EOS).fill(9, 14, 15)), /no footer/],
    ["a block of no name", part(w.record.zero(0, "rom")), /no memory block is named "rom"/],
    ["no block before", part(w.record.zero(0)), new RegExp(`was none .at byte ${at + 5}`)],
    ["a page beyond", part(w.record.zero(16 * w.PAGE, "pc.ram")), /beyond the block/],
    [
      "a page beyond 2^53",
      part(w.bytes("u32", 2 ** 31, "u32", 2, "name", "pc.ram", "u8", 0)),
      /beyond/,
    ],
    ["a fill", part(w.bytes("u64", 2, "name", "pc.ram", "u8", 5)), /not zero/],
    ["a hook", part(w.bytes("u64", 0x80, "name", "pc.ram")), /unknown kind, 0x80/],
    [
      "a damaged delta",
      part(w.record.xbzrle(0, Uint8Array.of(5), "pc.ram")),
      new RegExp(`delta .at byte ${at + 5}`),
    ],
    [
      "a long delta",
      part(w.bytes("u64", 0x40, "name", "pc.ram", "u8", 1, "u16", 5000)),
      /damaged head/,
    ],
    [
      "a long compressed page",
      part(w.bytes("u64", 0x100, "name", "pc.ram", "u32", 9999)),
      /of 9999/,
    ],
    [
      "no zlib",
      part(w.bytes("u64", 0x100, "name", "pc.ram", "u32", 9, "text", "123456789")),
      /zlib/,
    ],
    ["a command of no number", behind(w.command(12)), /no command 12/],
    ["a ping of no length", behind(w.command(2)), /no command 2/],
    ["a discard beyond", behind(w.discard("pc.ram", [[0, 17 * w.PAGE]])), /discard beyond/],
    ["a discard of nothing", behind(w.discard("pc.ram", [])), /list of ranges/],
    ["a package too large", behind(w.command(7, w.bytes("u32", 2 ** 31))), /a package of/],
    ["a package in one", behind(w.packaged(w.packaged())), /a package of 0/],
    [
      "no end of a device",
      behind(w.device(9, "timer", new Uint8Array(9)).subarray(0, -1)),
      /ends inside/,
    ],
    ["more behind the end", behind(TAIL, Uint8Array.of(1)), /goes on behind|ends inside/],
    ["no description", behind(TAIL, w.description("{")), /not JSON/],
    ["another description", behind(TAIL, w.description({ devices: 7 })), /page_size/],
    [
      "a block of half a page",
      w.join(
        w.head(),
        w.ramStart(
          2,
          w.table([
            ["a", 100],
            ["b", 3996],
          ]),
        ),
      ),
      /has 100 bytes/,
    ],
    [
      "a block that is too large",
      w.join(w.head(), w.ramStart(2, w.bytes("u64", 4100, "name", "a", "u64", 8192))),
      /more than the total/,
    ],
    [
      "a block twice",
      w.join(
        w.head(),
        w.ramStart(
          2,
          w.table([
            ["a", 4096],
            ["a", 4096],
          ]),
        ),
      ),
      /twice/,
    ],
    [
      "another version of the RAM",
      w.join(w.head(), w.section("start", 2, "ram", 0, 5, w.EOS)),
      /version 5/,
    ],
  ])("%s", async (_, bytes, message) => {
    await expect(collect([bytes])).rejects.toMatchObject({ tag: "WireFormatError" });
    await expect(collect([bytes])).rejects.toThrow(message);
  });

  test("more memory than the limit", async () => {
    const image = new VmImage({ memoryLimit: 10 * w.PAGE });
    const reading = new StreamDecoder(image).read(cut(plain(), 99));
    await expect(reading).rejects.toThrow("more than the limit of 40960");
    expect(image.memory).toEqual([]);
  });

  test("more device state than the limit, in one section or in all", async () => {
    const large = w.device(9, "gpu", new Uint8Array(3000));
    const options = { deviceLimit: 5000 };
    await expect(collect([w.join(start, large, TAIL)], 100, options)).resolves.toBeDefined();
    const two = w.join(start, large, large, TAIL);
    await expect(collect([two], 100, options)).rejects.toThrow("no end within 2000 bytes");
  });
});

test("a device's bytes may look like its end", async () => {
  const lures = w.join(
    ...[w.footer(9), w.footer(8), w.footer(9), Uint8Array.of(4, 0, 0, 0, 7, 0), w.footer(9)],
    Uint8Array.of(8, 0, 99, 0, 0, 0x7e),
    ...[w.footer(9), Uint8Array.of(0, 5), w.footer(9), Uint8Array.of(2, 0, 0, 0, 77)],
  );
  const bytes = w.join(w.head(), START, w.device(9, "timer", lures), w.device(9, "a", lures), TAIL);
  for (const chunk of [1, 3, 1 << 16]) {
    const { image } = await collect([bytes], chunk);
    expect(image.devices.map(({ name }) => name)).toEqual(["timer", "a", "timer"]);
    expect(image.devices[0]?.body).toEqual(lures);
  }
});

test("sections of private formats are read over", async () => {
  const { lines, image } = await collect([
    w.join(
      w.head(),
      w.device(3, "virtio-mem", Uint8Array.of(5)),
      w.section("start", 4, "dirty-bitmap", 0, 1, Uint8Array.of(1)),
      START,
      w.section("part", 4, "", 0, 0, Uint8Array.of(9, 9, 9)),
      w.ramEnd(2, w.EOS),
      w.section("end", 4, "", 0, 0, new Uint8Array(0)),
      TAIL,
    ),
  ]);
  expect(lines.filter((line) => line !== "barrier")).toEqual([
    "full virtio-mem",
    "start dirty-bitmap",
    "start ram",
    "part dirty-bitmap",
    "end ram",
    "end dirty-bitmap",
    "full timer",
    "end",
  ]);
  expect(image.devices.map(({ name }) => name)).toEqual(["virtio-mem", "timer"]);
});

describe("the table of memory blocks", () => {
  test("has addresses with x-ignore-shared", async () => {
    const extra = (name: string) => w.bytes("u64", name === "pc.ram" ? 0 : 0xfd000000);
    const head = w.head("pc-q35-8.2", { capabilities: ["x-ignore-shared"] });
    const { image } = await collect([
      w.join(head, w.ramStart(2, w.table(BLOCKS, extra), w.EOS), TAIL),
    ]);
    expect(image.memory.map(({ block }) => block.address)).toEqual([0, 0xfd000000]);
    expect(image.machine?.capabilities).toEqual(["x-ignore-shared"]);
  });

  test("has the size of huge pages where post-copy may follow", async () => {
    const huge = 2 * 1024 * 1024;
    const advise = w.command(3, w.bytes("u64", huge + 4096, "u64", 4096));
    const extra = (name: string) => (name === "pc.ram" ? w.bytes("u64", huge) : new Uint8Array(0));
    for (const blocks of [BLOCKS, [...BLOCKS].reverse()]) {
      const { image } = await collect([
        w.join(w.head(), advise, w.ramStart(2, w.table(blocks, extra), w.EOS), TAIL),
      ]);
      const sizes = image.memory.map(({ block }) => [block.name, block.hostPageSize]);
      expect(Object.fromEntries(sizes)).toEqual({ "pc.ram": huge, "vga.vram": null });
    }
  });

  test("is kept where the source sets up anew", async () => {
    const raw = w.record.raw(0, w.page(4), "pc.ram");
    const { image } = await collect([
      w.join(w.head(), START, w.ramPart(2, raw, w.table(BLOCKS), w.EOS), w.ramEnd(2, w.EOS), TAIL),
    ]);
    expect(image.memory[0]?.read(0)).toEqual(w.page(4));
  });
});

test("a mapped-ram file is read from front to back", async () => {
  const pages = Array.from({ length: 70 }, (_, i) => (i % 3 === 0 ? w.page(i + 1) : null));
  const file = w.mappedFile(
    [
      ["pc.ram", pages],
      ["rom", [null, w.page(200)]],
    ],
    { rest: [w.ramEnd(2, w.EOS), TAIL] },
  );
  const { image, lines } = await collect([file], 3000);
  expect(lines.filter((line) => line.startsWith("mapped"))).toHaveLength(25);
  const [ram, rom] = image.memory;
  for (const [i, page] of pages.entries()) {
    expect(ram?.read(i * w.PAGE) ?? new Uint8Array(w.PAGE)).toEqual(page ?? new Uint8Array(w.PAGE));
  }
  expect(rom?.read(w.PAGE)).toEqual(w.page(200));
  expect(rom?.block.mapped?.pagesOffset).toBeGreaterThan(70 * w.PAGE);
});

describe("post-copy", () => {
  const all: [number, number][] = [[0, 16 * w.PAGE]];
  const beginning = w.join(
    w.head(),
    w.command(1),
    w.command(3, w.bytes("u64", 4096, "u64", 4096)),
    START,
    w.ramPart(2, w.record.raw(0, w.page(1), "pc.ram"), w.record.raw(4096, w.page(2)), w.EOS),
    w.discard("pc.ram", all),
    w.packaged(w.command(4), w.device(5, "cpu", Uint8Array.of(1)), w.command(5)),
  );
  const rest = [w.record.zero(4096, "pc.ram"), w.EOS];

  test("discards, packs devices, and ends without a description", async () => {
    const { lines, image } = await collect([w.join(beginning, w.ramEnd(2, ...rest), w.END)], 1000);
    expect(lines.filter((line) => !line.startsWith("barrier")).slice(3)).toEqual([
      "part ram",
      "raw pc.ram 0 (4111)",
      "raw pc.ram 1 (4104)",
      "command ram-discard",
      "command packaged",
      "command postcopy-listen",
      "full cpu",
      "command postcopy-run",
      "package end",
      "end ram",
      "zero pc.ram 1 (16)",
      "end",
    ]);
    expect(image.devices[0]?.isPackaged).toBe(true);
    expect(image.memory[0]?.missing).toBe(15);
    expect(image.memory[0]?.has(0)).toBe(false);
    expect(image.memory[0]?.read(0)).toEqual(new Uint8Array(w.PAGE));
    expect([...(image.memory[0]?.received ?? [])]).toEqual([2, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("has a second channel of bare pages", async () => {
    const second = w.join(w.record.raw(0, w.page(7), "pc.ram"), w.record.zero(8192), w.EOS);
    const { image } = await collect([second, w.join(beginning, w.ramEnd(2, ...rest), w.END)]);
    expect(image.memory[0]?.missing).toBe(13);
    expect(image.memory[0]?.read(0)).toEqual(w.page(7));
  });

  test("goes on over a new link after one that broke", async () => {
    const broken = w
      .join(beginning, w.ramPart(2, w.record.raw(0, w.page(9), "pc.ram")))
      .slice(0, -7);
    const resumed = w.join(
      w.command(10, w.bytes("name", "pc.ram")),
      w.command(9),
      w.ramEnd(2, w.record.raw(8192, w.page(3), "pc.ram"), w.EOS),
      w.END,
    );
    const { lines, image } = await collect([broken, resumed], 500);
    expect(lines.slice(-5)).toEqual([
      "command postcopy-resume",
      "end ram",
      "raw pc.ram 2 (4111)",
      "barrier",
      "end",
    ]);
    expect(image.memory[0]?.missing).toBe(15);
  });
});

describe("a live source", () => {
  /** A link that hands on what is sent, and knows what was asked of it before it sent more. */
  function link() {
    const waiting: Uint8Array[] = [];
    let wake = (): void => undefined;
    let isClosed = false;
    return {
      send(...parts: Uint8Array[]): void {
        waiting.push(...parts);
        wake();
      },
      close(): void {
        isClosed = true;
        wake();
      },
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        while (!isClosed || waiting.length > 0) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    };
  }

  test("is answered before it sends more, and nothing is read over meanwhile", async () => {
    const source = link();
    const told: string[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const decoder = new StreamDecoder(
      {
        command: async ({ kind }) => {
          told.push(kind);
          if (kind === "ping") await answered;
        },
        sectionStart: ({ name }) => void told.push(name),
        end: () => void told.push("end"),
      },
      { isLive: true },
    );
    const reading = decoder.read(source);
    source.send(w.head(), w.command(2, w.bytes("u32", 1)), START);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["ping"]);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["ping", "ram"]);
    source.send(TAIL);
    // The source is silent from here on until it hears that all has come.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["ping", "ram", "timer", "end"]);
    source.close();
    await reading;
  });

  test("has its post-copy end read without waiting for the link to close", async () => {
    const source = link();
    const decoder = new StreamDecoder({}, { isLive: true });
    const reading = decoder.read(source);
    source.send(w.join(w.head(), START, w.packaged(w.command(4), w.command(5))));
    source.send(w.ramEnd(2, w.EOS), w.END);
    await reading;
    expect(decoder.isRunning).toBe(true);
  });
});

test("a compressed page must have its length and its checksum", async () => {
  const part = (content: Uint8Array, change?: (record: Uint8Array) => void) => {
    const record = w.record.compressed(0, content, "pc.ram");
    change?.(record);
    return collect([w.join(w.head(), START, w.ramPart(2, record, w.EOS), TAIL)]);
  };
  await expect(part(w.page(1, true))).resolves.toBeDefined();
  await expect(part(new Uint8Array(4097))).rejects.toThrow("damaged zlib data (at byte");
  await expect(part(new Uint8Array(4095))).rejects.toThrow("damaged zlib data");
  const otherSum = (record: Uint8Array) => record.fill(9, -1);
  await expect(part(w.page(1, true), otherSum)).rejects.toThrow("damaged zlib data");
});
