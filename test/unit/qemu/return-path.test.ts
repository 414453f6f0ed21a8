import { expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { RamBlocks } from "../../../src/qemu/ram-blocks.js";
import { type Reply, readReply } from "../../../src/qemu/return-path.js";
import { StreamReader } from "../../../src/qemu/stream-reader.js";
import { cut } from "./collected.js";

async function replies(bytes: Uint8Array, blocks?: RamBlocks, chunk = 3): Promise<Reply[]> {
  const reader = new StreamReader(cut(bytes, chunk));
  const read: Reply[] = [];
  for (let one = await readReply(reader, blocks); one !== null; ) {
    read.push(one);
    one = await readReply(reader, blocks);
  }
  return read;
}

function memory(): RamBlocks {
  const blocks = new RamBlocks();
  blocks.add(
    { name: "pc.ram", length: 70 * 4096, hostPageSize: null, address: null, mapped: null },
    0,
  );
  return blocks;
}

test("reads what a target answers", async () => {
  const bitmap = Uint8Array.from({ length: 16 }, (_, i) => i);
  const bytes = w.join(
    w.reply(2, w.bytes("u32", 7)),
    w.reply(3, w.bytes("u64", 8192, "u32", 4096, "name", "pc.ram")),
    w.reply(4, w.bytes("u64", 4096, "u32", 8192)),
    w.receivedBitmap("pc.ram", bitmap),
    w.reply(6, w.bytes("u32", 1)),
    w.reply(7),
    w.reply(1, w.bytes("u32", 0)),
  );
  const expected = [
    { kind: "pong", value: 7 },
    { kind: "request-pages", block: "pc.ram", start: 8192, length: 4096 },
    { kind: "request-pages", block: null, start: 4096, length: 8192 },
    { kind: "received-bitmap", block: "pc.ram", bitmap },
    { kind: "resume-ack", value: 1 },
    { kind: "switchover-ack" },
    { kind: "shut", status: 0 },
  ];
  expect(await replies(bytes)).toEqual(expected);
  expect(await replies(bytes, memory(), 1000)).toEqual(expected);
});

test.each([
  ["an unknown number", w.reply(8), /no reply 8/],
  ["another length", w.reply(1, Uint8Array.of(1)), /no reply 1 with 1/],
  ["a long name", w.reply(5, w.bytes("u8", 9, "text", "pc.ram")), /wrong length/],
  ["a short request", w.reply(3, new Uint8Array(13)), /a request of 13/],
  ["an unknown block", w.receivedBitmap("rom", new Uint8Array(8)), /named "rom"/],
  ["a bitmap of another size", w.receivedBitmap("pc.ram", new Uint8Array(8)), /bitmap of 8 bytes/],
  ["no end of a bitmap", w.receivedBitmap("pc.ram", new Uint8Array(16)).fill(0, -8), /end mark/],
  ["half a reply", w.reply(1, w.bytes("u32", 0)).subarray(0, 5), /ends inside a reply/],
])("refuses %s", async (_, bytes, message) => {
  await expect(replies(bytes, memory())).rejects.toMatchObject({ tag: "WireFormatError" });
  await expect(replies(bytes, memory())).rejects.toThrow(message);
});
