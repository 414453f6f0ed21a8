import fc from "fast-check";
import { expect, test } from "vitest";
import { compactStream } from "../../src/qemu/compact.js";
import { assertSame, fingerprint } from "../../src/qemu/fingerprint.js";
import { decodeRecording } from "../../src/qemu/recording.js";
import { ReplyWriter } from "../../src/qemu/reply-writer.js";
import { type Reply, readReply } from "../../src/qemu/return-path.js";
import { StreamReader } from "../../src/qemu/stream-reader.js";
import { StreamWriter } from "../../src/qemu/stream-writer.js";
import { VmImage } from "../../src/qemu/vm-image.js";

const PAGE = 4096;
const HEAD = Buffer.concat([
  Buffer.from("5145564d000000030700000006", "hex"),
  Buffer.from("pc-7.2", "latin1"),
]);

const name = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));

/** A block of memory and what is sent of it: page, what it is filled with, and one byte that is not. */
const block = fc.integer({ min: 1, max: 200 }).chain((pages) =>
  fc.record({
    name,
    pages: fc.constant(pages),
    sent: fc.array(
      fc.record({
        page: fc.nat(pages - 1),
        fill: fc.constantFrom(0, 0, 1, 255),
        at: fc.nat(PAGE - 1),
        byte: fc.nat(255),
      }),
      { maxLength: 60 },
    ),
  }),
);

const guest = fc.record({
  blocks: fc.uniqueArray(block, { selector: (one) => one.name, minLength: 1, maxLength: 4 }),
  devices: fc.array(
    fc.record({
      sectionId: fc.nat(0xffff_ffff),
      name: name.filter((text) => text !== "ram"),
      instanceId: fc.nat(0xffff_ffff),
      versionId: fc.nat(0xffff),
      body: fc.uint8Array({ maxLength: 300 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  cut: fc.integer({ min: 700, max: 20_000 }),
  cache: fc.constantFrom(4096, 16384, 1 << 20),
});

type Guest = typeof guest extends fc.Arbitrary<infer Value> ? Value : never;
const RAM = { sectionId: 2, name: "ram", instanceId: 0, versionId: 4 };

/** The guest's pages as rounds, block by block in turns, then its devices. */
function recorded({ blocks, devices }: Guest): Uint8Array {
  const writer = new StreamWriter();
  writer.verbatim(HEAD);
  const rows = blocks.map((one) => ({
    name: one.name,
    length: one.pages * PAGE,
    hostPageSize: null,
  }));
  writer.ramTable(RAM, rows);
  const longest = Math.max(...blocks.map(({ sent }) => sent.length));
  for (let i = 0; i < longest; i++) {
    writer.continueSection(i === longest - 1 ? "end" : "part", RAM.sectionId);
    for (const one of blocks) {
      const sent = one.sent[i];
      if (sent === undefined) continue;
      const page = new Uint8Array(PAGE).fill(sent.fill);
      page[sent.at] = sent.byte;
      if (sent.fill === 0 && sent.byte === 0) writer.zeroPage(one.name, sent.page * PAGE);
      else writer.rawPage(one.name, sent.page * PAGE, page);
    }
    writer.endOfRecords();
    writer.closeSection(RAM.sectionId);
  }
  for (const device of devices) writer.section("full", device, device.body);
  writer.end();
  return writer.take();
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decoded(bytes: Uint8Array, cut: number): Promise<VmImage> {
  const image = new VmImage();
  await decodeRecording([pieces(bytes, cut)], image);
  return image;
}

async function compacted(bytes: Uint8Array, cut: number, xbzrleCache?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await compactStream([pieces(bytes, cut)], (chunk) => chunks.push(chunk.slice()), { xbzrleCache });
  return Buffer.concat(chunks);
}

test("a guest is the same after it was compacted, with rounds or without", async () => {
  await fc.assert(
    fc.asyncProperty(guest, async (some) => {
      const stream = recorded(some);
      const before = await decoded(stream, some.cut);
      const once = await compacted(stream, some.cut);
      const rounds = await compacted(stream, some.cut, some.cache);
      for (const written of [once, rounds]) {
        const after = await decoded(written, some.cut);
        assertSame(fingerprint(after), fingerprint(before));
        expect(after.memory.map(({ received }) => received)).toEqual(
          before.memory.map(({ received }) => received),
        );
        expect(after.machine).toEqual(before.machine);
      }
      // Each page is in it once, and nothing is left to be gained.
      expect((await compacted(once, some.cut)).equals(once)).toBe(true);
      expect((await compacted(rounds, some.cut)).equals(once)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

const offset = fc.nat(0xffff).map((page) => page * PAGE);
const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ kind: fc.constant("shut" as const), status: fc.constantFrom(0, 1) }),
  fc.record({ kind: fc.constant("pong" as const), value: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant("resume-ack" as const), value: fc.constant(1) }),
  fc.record({ kind: fc.constant("switchover-ack" as const) }),
  fc.record({
    kind: fc.constant("request-pages" as const),
    block: fc.constantFrom("pc.ram", "vga.vram"),
    start: offset,
    length: offset,
  }),
  fc.record({
    kind: fc.constant("received-bitmap" as const),
    block: name,
    bitmap: fc
      .nat(5)
      .chain((words) => fc.uint8Array({ minLength: 8 * words, maxLength: 8 * words })),
  }),
);

function write(writer: ReplyWriter, one: Reply): Uint8Array {
  switch (one.kind) {
    case "shut":
      return writer.shut(one.status === 0);
    case "pong":
      return writer.pong(one.value);
    case "resume-ack":
      return writer.resumeAck();
    case "switchover-ack":
      return writer.switchoverAck();
    case "request-pages":
      return writer.requestPages(one.block ?? "", one.start, one.length);
    case "received-bitmap":
      return writer.receivedBitmap(one.block, one.bitmap);
  }
}

test("replies are read as they were written; a block is named where it changes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(reply), async (replies) => {
      const writer = new ReplyWriter();
      const stream = Buffer.concat(replies.map((one) => write(writer, one)));
      const reader = new StreamReader([stream]);
      let block: string | null = null;
      for (const one of replies) {
        const isNamed = one.kind !== "request-pages" || one.block !== block;
        if (one.kind === "request-pages") block = one.block;
        expect(await readReply(reader)).toEqual(isNamed ? one : { ...one, block: null });
      }
      expect(await readReply(reader)).toBeNull();
    }),
  );
});

const command = fc.oneof(
  fc.constant({ kind: "open-return-path" as const }),
  fc.record({ kind: fc.constant("ping" as const), value: fc.nat(0xffff_ffff) }),
  fc.constant({ kind: "postcopy-advise" as const, pageSizes: 0x201000 }),
  fc.constant({ kind: "postcopy-listen" as const }),
  fc.constant({ kind: "postcopy-run" as const }),
  fc.constant({ kind: "postcopy-resume" as const }),
  fc.constant({ kind: "recv-bitmap" as const }),
  fc.constant({ kind: "switchover-start" as const }),
  fc.record({
    kind: fc.constant("ram-discard" as const),
    ranges: fc.array(
      fc.record({ start: fc.nat(99).map((page) => page * PAGE), length: fc.constant(PAGE) }),
      { minLength: 1, maxLength: 30 },
    ),
  }),
);

function writeCommand(
  writer: StreamWriter,
  one: typeof command extends fc.Arbitrary<infer V> ? V : never,
) {
  switch (one.kind) {
    case "open-return-path":
      return writer.openReturnPath();
    case "ping":
      return writer.ping(one.value);
    case "postcopy-advise":
      return writer.advisePostcopy(one.pageSizes, PAGE);
    case "postcopy-listen":
      return writer.listen();
    case "postcopy-run":
      return writer.run();
    case "postcopy-resume":
      return writer.resumePostcopy();
    case "recv-bitmap":
      return writer.askReceived("pc.ram");
    case "switchover-start":
      return writer.startSwitchover();
    case "ram-discard":
      return writer.discard("pc.ram", one.ranges);
  }
}

test("commands are read as they were written; discards in groups of twelve", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command), async (commands) => {
      const writer = new StreamWriter();
      writer.verbatim(HEAD);
      writer.ramTable(RAM, [{ name: "pc.ram", length: 100 * PAGE, hostPageSize: null }]);
      for (const one of commands) writeCommand(writer, one);
      writer.end();
      const found: unknown[] = [];
      await decodeRecording([[writer.take()]], {
        command: (one) => {
          if (one.kind === "recv-bitmap") found.push({ kind: one.kind });
          else if (one.kind !== "ram-discard") found.push(one);
          else {
            expect(one.block.name).toBe("pc.ram");
            found.push({ kind: one.kind, ranges: one.ranges });
          }
        },
      });
      const expected = commands.flatMap((one) =>
        one.kind !== "ram-discard"
          ? [one]
          : [0, 12, 24]
              .filter((from) => from < one.ranges.length)
              .map((from) => ({ ...one, ranges: one.ranges.slice(from, from + 12) })),
      );
      expect(found).toEqual(expected);
    }),
  );
});
