import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const block = "pc.ram";
const START = w.ramStart(2, w.table([[block, 64 * w.PAGE]]), w.EOS);
const TAIL = w.join(
  w.device(9, "cpu", w.bytes("u64", 7)),
  w.END,
  w.description({ page_size: 4096, devices: [] }),
);

/** Three rounds of pages that a word tells apart. */
function main(): Uint8Array {
  const pages = [1, 2, 3].map((word) => {
    const page = w.page(5, true);
    page.set(w.bytes("u32", word), 1024);
    return page;
  });
  return w.join(
    w.head(),
    START,
    ...pages.map((page, round) =>
      w.ramPart(2, w.record.raw(0, page, round === 0 ? block : null), w.record.zero(8192), w.EOS),
    ),
    w.ramEnd(2, w.record.raw(0, pages[0] as Uint8Array), w.EOS),
    TAIL,
  );
}

const SMALL = w.join(
  w.head(),
  START,
  w.ramEnd(2, w.record.raw(0, w.page(5, true), block), w.record.zero(8192), w.EOS),
  TAIL,
);
const first = w.page(5, true);
first.set(w.bytes("u32", 1), 1024);
SMALL.set(first, Buffer.from(SMALL).indexOf(w.page(5, true).subarray(0, 1000)));

function put(name: string, bytes: Uint8Array): string {
  writeFileSync(join(stage.folder, name), bytes);
  return name;
}

const read = (name: string): Buffer => readFileSync(join(stage.folder, name));
const names = (): string[] => readdirSync(stage.folder).sort();

describe("godwit compact", () => {
  test("writes each page once, and says what that saves", async () => {
    const file = put("vm.gz", gzipSync(main()));
    const { code, out, err } = await stage.play(["compact", file, "small"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^pc-i440fx-7\.2: 16\.\d+ KiB became 4\.\d+ KiB, 7\d(\.\d)? % saved\n/);
    expect(out).toMatch(/zero +3 +1\n/);
    expect(out).toMatch(/raw +4 +1\n/);
    // Nothing else of it was recorded, which a multifd channel that was left out looks like.
    expect(out).toMatch(/^62 pages never came: is a channel missing\?/m);
    expect(out).toMatch(/wrote small, read again and compared\n$/);
    expect(read("small").equals(SMALL)).toBe(true);
    expect(names()).toEqual(["small", "vm.gz"]);
  });

  test("keeps the rounds as deltas", async () => {
    const file = put("vm", main());
    const argv = ["compact", "--keep-rounds", "--xbzrle-cache", "1MiB", file, "rounds", "--json"];
    const { code, out } = await stage.play(argv);
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      machineType: "pc-i440fx-7.2",
      bytesBefore: main().length,
      bytesAfter: read("rounds").length,
      pagesBefore: { raw: 4, zero: 3 },
      pagesAfter: { raw: 2, zero: 3, xbzrle: 2 },
      isVerified: true,
    });
    expect(report.savedShare).toBeCloseTo(1 - report.bytesAfter / report.bytesBefore, 10);
    expect(report.fingerprint).toBeUndefined();
  });

  test("joins several channels, unverified if wanted, over a file that is there", async () => {
    const sync = w.multifd.sync();
    const pages: [number, Uint8Array][] = [[8192, w.page(7)]];
    const channel = w.join(w.multifd.init(0), sync, w.multifd.packet({ block, pages }), sync);
    put("out", Uint8Array.of(1));
    const plain = w.join(w.head(), START, w.ramEnd(2, w.EOS), TAIL);
    const files = [put("c1", channel), put("main", plain)];
    const { code, out } = await stage.play(["compact", ...files, "out", "--no-verify"]);
    expect(code).toBe(0);
    expect(out).toMatch(/ in 2 channels became /);
    expect(out).toMatch(/on multifd channels +1 +0\n/);
    expect(out).toMatch(/wrote out\n$/);
    expect(read("out").indexOf(w.page(7))).toBeGreaterThan(0);
  });
});

describe("godwit compact refuses, and leaves nothing half-written", () => {
  const cut = (): Uint8Array => main().subarray(0, -40);

  test.each([
    ["one file only", ["vm"], /OUT: .*a file to write behind those to read/],
    ["to overwrite what it reads", ["vm", "vm"], /OUT: .*read for the run/],
    ["the same by a link", ["vm", "link"], /OUT: .*read for the run/],
    ["a folder", ["vm", "folder"], /OUT: .*this is a folder/],
    ["no place", ["vm", "none/out"], /OUT: .*a file in a folder that exists/],
    ["what is not there", ["none", "out"], /IN: .*it does not exist/],
    ["two migrations", ["vm", "vm", "out"], /IN: .*exactly one main channel/],
    ["a recording that is not whole", ["cut", "out"], /the stream ends inside/],
    ["what is no stream", ["text", "out"], /no migration stream of QEMU/],
    ["a cache without rounds", ["vm", "out", "--xbzrle-cache", "1MiB"], /--keep-rounds beside it/],
    [
      "a cache that is no power of two",
      ["vm", "out", "--keep-rounds", "--xbzrle-cache", "3MiB"],
      /--xbzrle-cache: got "?3MiB"?, expected a power of two/,
    ],
    ["more memory than allowed", ["vm", "out", "--memory-limit", "4KiB"], /more than the limit/],
  ])("%s", async (_, argv, message) => {
    put("vm", main());
    put("cut", cut());
    put("text", Buffer.from("no stream at all, but a text"));
    symlinkSync("vm", join(stage.folder, "link"));
    mkdirSync(join(stage.folder, "folder"));
    const before = names();
    const { code, out, err } = await stage.play(["compact", ...argv]);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect([code, out]).toEqual([1, ""]);
    expect(names()).toEqual(before);
    expect(read("vm").equals(main())).toBe(true);
  });

  test("an old file stays when the new one fails", async () => {
    put("cut", cut());
    put("out", Uint8Array.of(1, 2));
    expect((await stage.play(["compact", "cut", "out"])).code).toBe(1);
    expect(read("out")).toEqual(Buffer.of(1, 2));
  });

  test("a second name of what it reads is replaced; the file itself stays", async () => {
    put("vm", main());
    linkSync(join(stage.folder, "vm"), join(stage.folder, "other"));
    expect((await stage.play(["compact", "vm", "other"])).code).toBe(0);
    expect(read("vm").equals(main())).toBe(true);
    expect(read("other").equals(SMALL)).toBe(true);
  });

  test("when it is interrupted", async () => {
    put("vm", main());
    const played = stage.play(["compact", "vm", "out"]);
    while (!stage.isListening()) await new Promise((resume) => setImmediate(resume));
    stage.interrupt();
    const { code, err } = await played;
    expect([code, err]).toEqual([130, "godwit: interrupted; nothing was written\n"]);
    expect(names()).toEqual(["vm"]);
  });
});
