// The decoder and what it loads for compressed pages, in a page: a main channel and two of multifd, one
// compressed with zlib, one with zstd, written by scripts/fuzz/written-stream.mjs and packed with gzip.
import { expect, test } from "vitest";
import { decodeRecording } from "../../src/qemu/recording.js";
import { VmImage } from "../../src/qemu/vm-image.js";

const CHANNELS = [
  "H4sIAAAAAAACAwt0DfNlYGBgZmdgYOAtSNbNNDExSKvQNdczYmRgYGBiLkrMZYAAFgjVwMJWkKwHF26AyjII1IHUM4EIiAAjA0KhdMWctwcNeRkYGA4v2P2P9/xxJhEGBoYPebMbJjBC9ScwMrBwMTFCNQtosI6CUTAKRsEoGAWjYBSMglEwCkbBKBgFo2DYA5RhBWbEsAJUBDQawclakpmbWgQVZ2QESXAyAACZI0A90hAAAA==",
  "H4sIAAAAAAACAxNUMnZhYGBgZCATCCL0gzATwyigCCCFJxMSViRWf0GyXlFi7kgPRQUobcBQMefNQUZOUCgqvPr/oq5lFkj4PRcDA8MdaQYGhv//RxMwzRLwaHhSAQAAEzt3NKEFAAA=",
  "H4sIAAAAAAACAxNUMnZhYGBgZEADGAI4gCBCPwgzMYwCigBSeLJAwxOEuYjVX5CsV5SYO9JD0QFKBzBobNX/yxDAxMDIPppSaZZSR8OTCgAA+r5aiYoFAAA=",
];

async function unpacked(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

test("a migration of several channels is decoded in a page", async () => {
  const image = new VmImage();
  const channels = await Promise.all(CHANNELS.map(unpacked));
  const { syncs } = await decodeRecording(
    channels.map((bytes) => [bytes]),
    image,
  );
  expect(syncs).toBe(3);
  const [ram] = image.memory;
  const pages = [0, 1, 2, 3, 4, 5].map((page) => ram?.read(page * 4096));
  expect(pages.map((page) => page?.[4095])).toEqual([9, 5, 1, 2, 7, 7]);
  expect([...(pages[0]?.subarray(9, 13) ?? [])]).toEqual([9, 1, 2, 9]);
  expect(ram?.missing).toBe(2);
  expect(image.devices.map(({ name }) => name)).toEqual(["timer"]);
});
