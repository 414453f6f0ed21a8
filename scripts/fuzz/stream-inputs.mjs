// Small streams of every kind, and damage that may be done to them.

import { readdirSync, readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { constants, deflateSync, gunzipSync } from "node:zlib";
import * as w from "./written-stream.mjs";

const BLOCKS = [
  ["pc.ram", 16 * w.PAGE],
  ["rom", 2 * w.PAGE],
];
const block = "pc.ram";
const DELTA = Uint8Array.of(10, 2, 1, 2, 0x80, 1, 1, 9);
const TABLE = w.table(BLOCKS);
const DESCRIPTION = {
  page_size: 4096,
  devices: [
    {
      name: "cpu",
      instance_id: 0,
      vmsd_name: "cpu",
      version: 12,
      fields: [
        { name: "env.regs", array_len: 16, type: "uint64", size: 8 },
        {
          ...{ name: "env.segs", array_len: 2, type: "struct", size: 4 },
          struct: {
            vmsd_name: "segment",
            version: 1,
            fields: [{ name: "selector", type: "uint32", size: 4 }],
          },
        },
      ],
      subsections: [
        { vmsd_name: "cpu/x", version: 1, fields: [{ name: "x", type: "uint8", size: 1 }] },
      ],
    },
  ],
};
const CPU = w.join(new Uint8Array(136), w.bytes("u8", 5, "name", "cpu/x", "u32", 1, "u8", 7));
const TAIL = w.join(w.device(9, "cpu", CPU), w.device(10, "timer", Uint8Array.of(1)), w.END);
const few = (offset) => w.page(offset + 1);

const plain = w.join(
  w.head("pc-i440fx-7.2", { uuid: new Uint8Array(16) }),
  w.command(1),
  w.command(2, w.bytes("u32", 1)),
  w.ramStart(2, TABLE, w.EOS),
  w.ramPart(2, w.record.raw(0, w.page(1, true), block), w.record.zero(4096), w.EOS),
  w.ramPart(2, w.record.xbzrle(0, DELTA), w.record.compressed(8192, w.page(3)), w.EOS),
  w.section("start", 7, "dirty-bitmap", 0, 1, Uint8Array.of(1, 2, 3)),
  w.ramEnd(2, w.record.xbzrle(8192, DELTA), w.record.zero(0, "rom"), w.EOS),
  w.section("end", 7, "", 0, 0, new Uint8Array(0)),
  TAIL,
  w.description(DESCRIPTION),
);

const postCopy = w.join(
  w.head(),
  w.command(1),
  w.command(3, w.bytes("u64", 2 ** 21 + 4096, "u64", 4096)),
  w.ramStart(
    2,
    w.table(BLOCKS, (name) => (name === "rom" ? w.bytes("u64", 2 ** 21) : new Uint8Array(0))),
    w.EOS,
  ),
  w.ramPart(2, w.record.zero(0, block), w.record.compressed(4096, few(1)), w.EOS),
  w.discard(block, [
    [0, 4096],
    [8192, 8192],
  ]),
  w.packaged(w.command(4), w.device(9, "cpu", CPU), w.command(2, w.bytes("u32", 3)), w.command(5)),
  w.ramPart(2, w.record.zero(0, block), w.EOS),
  w.ramEnd(2, w.record.zero(8192), w.EOS),
  w.END,
);
const preempt = w.join(w.record.zero(4096, block), w.record.compressed(12288, few(3)), w.EOS);
const resumed = w.join(
  w.command(10, w.bytes("name", block)),
  w.command(9),
  w.ramEnd(2, w.record.zero(8192, block), w.EOS),
  w.END,
);

const shared = w.join(
  w.head("pc-q35-9.1", { capabilities: ["x-ignore-shared"], bits: 12 }),
  w.ramStart(
    2,
    w.table(BLOCKS, () => w.bytes("u64", 0)),
    w.FLUSH,
    w.EOS,
  ),
  w.command(11),
  w.ramEnd(2, w.record.zero(0, block), w.FLUSH, w.EOS),
  TAIL,
);

function multifdChannel(flags, payloads) {
  const sync = w.multifd.sync({ room: 4 });
  const packets = payloads.map(([pages, payload]) =>
    w.multifd.packet({
      ...{ flags, block, room: 4, payload, zeros: [12288] },
      pages: pages.map((content, i) => [i * w.PAGE, content]),
    }),
  );
  return w.join(w.multifd.init(0), sync, ...packets, sync, sync);
}

const contents = [[w.page(1), w.page(2)], [w.page(3)]];
const flushed = contents.map((pages, i) => {
  const packed = deflateSync(w.join(...pages), { finishFlush: constants.Z_SYNC_FLUSH });
  return [pages, i === 0 ? packed : packed.subarray(2)];
});
const stored = w.storedZstd(contents.map((pages) => w.join(...pages)));
const multifdMain = w.join(
  w.head(),
  w.ramStart(2, TABLE, w.EOS),
  w.ramPart(2, w.record.zero(0, block), w.EOS),
  w.ramEnd(2, w.EOS),
  TAIL,
);

/** Recordings, each a list of channels. */
export const recordings = [
  [plain],
  [postCopy],
  [postCopy, preempt],
  [postCopy.slice(0, -30), resumed],
  [shared],
  [
    w.mappedFile(
      [
        ["pc.ram", [w.page(1), null, w.page(2)]],
        ["rom", [null]],
      ],
      { align: 512, rest: [w.ramEnd(2, w.EOS), TAIL] },
    ),
  ],
  [
    multifdMain,
    multifdChannel(
      0,
      contents.map((pages) => [pages]),
    ),
  ],
  [multifdMain, multifdChannel(2, flushed)],
  [
    multifdMain,
    multifdChannel(
      4,
      contents.map((pages, i) => [pages, stored[i]]),
    ),
    multifdChannel(2, flushed),
  ],
];

export const returnPath = w.join(
  w.reply(2, w.bytes("u32", 1)),
  w.reply(3, w.bytes("u64", 8192, "u32", 4096, "name", block)),
  w.reply(4, w.bytes("u64", 4096, "u32", 8192)),
  w.receivedBitmap(block, new Uint8Array(8)),
  w.reply(6, w.bytes("u32", 1)),
  w.reply(7),
  w.reply(1, w.bytes("u32", 0)),
);

export const descriptionText = new TextEncoder().encode(JSON.stringify(DESCRIPTION));

/** Real recordings in a folder, cut to a length that a case can afford. */
export function recordedStreams(folder, length = 200_000) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "cases.json")
    .map((file) => {
      const { channels } = JSON.parse(readFileSync(joinPath(folder, file), "utf8"));
      return channels.map((channel) => {
        const bytes = gunzipSync(readFileSync(joinPath(folder, `${channel.file}.gz`)));
        // The devices, at the end, are no less interesting than the pages.
        const half = length / 2;
        return new Uint8Array(
          bytes.length <= length
            ? bytes
            : Buffer.concat([bytes.subarray(0, half), bytes.subarray(-half)]),
        );
      });
    });
}

const NUMBERS = [0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x7e, 0x7f, 0x80, 0xff];
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 4096, 4097, 0x1000000, 0x200];

/** Bytes with one to four places changed, left out, doubled, or taken from elsewhere. */
export function damaged(random, bytes, others) {
  let made = bytes.slice();
  for (let left = 1 + random.nextBelow(4); left > 0 && made.length > 0; left--) {
    made = damageOnce(random, made, others);
  }
  return made;
}

function damageOnce(random, bytes, others) {
  const at = random.nextBelow(bytes.length);
  const length = 1 + random.nextBelow(random.nextBelow(3) === 0 ? 5000 : 16);
  switch (random.nextBelow(9)) {
    case 0:
      bytes[at] ^= 1 << random.nextBelow(8);
      return bytes;
    case 1:
      bytes[at] = NUMBERS[random.nextBelow(NUMBERS.length)];
      return bytes;
    case 2:
      bytes[at] = random.nextBelow(256);
      return bytes;
    case 3:
    case 4: {
      const room = bytes.subarray(at, at + 4);
      const word = WORDS[random.nextBelow(WORDS.length)];
      room.set(w.bytes("u32", word).subarray(0, room.length));
      return bytes;
    }
    case 5:
      return w.join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 6:
      return w.join(bytes.subarray(0, at + length), bytes.subarray(at));
    case 7:
      return random.nextBelow(4) === 0 ? bytes.slice(0, at) : bytes;
    default: {
      const other = others[random.nextBelow(others.length)];
      const from = random.nextBelow(Math.max(1, other.length));
      return w.join(
        bytes.subarray(0, at),
        other.subarray(from, from + length),
        bytes.subarray(at + (random.nextBelow(2) === 0 ? length : 0)),
      );
    }
  }
}
