import { describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { inspectStream } from "../../../src/qemu/inspect.js";
import { cut } from "./collected.js";

const PAGES = 1024;
const TABLE = w.table([
  ["pc.ram", PAGES * w.PAGE],
  ["pc.rom", 2 * w.PAGE],
]);
const TAIL = w.join(w.device(9, "timer", Uint8Array.of(1, 2)), w.END);
const block = "pc.ram";

function inspect(...channels: Uint8Array[]) {
  return inspectStream(channels.map((bytes) => cut(bytes, 5000)));
}

function stream(...sections: Uint8Array[]): Uint8Array {
  return w.join(w.head(), w.ramStart(2, TABLE, w.EOS), ...sections, TAIL);
}

/** Pages that differ in one word from version to version. */
function version(number: number): Uint8Array {
  const made = w.page(3, true);
  made.fill(number, 80, 88);
  return made;
}

const raw = (page: number, content: Uint8Array) => w.record.raw(page * w.PAGE, content, block);

describe("rounds", () => {
  test("end where the scan goes back, or a page comes again", async () => {
    const { rounds, perRound } = await inspect(
      stream(
        w.ramPart(2, raw(0, version(1)), raw(700, version(1)), w.record.zero(0, "pc.rom"), w.EOS),
        // Back to an earlier block.
        w.ramPart(2, raw(300, version(2)), raw(900, version(1)), w.EOS),
        // Back by more than threads put out of turn; then only by a little.
        w.ramPart(2, raw(301, version(1)), raw(298, version(1)), w.EOS),
        // A page of this round.
        w.ramEnd(2, raw(301, version(2)), w.EOS),
      ),
    );
    expect(rounds).toBe(4);
    expect(perRound.map(({ round, phase, pages }) => [round, phase, pages.raw])).toEqual([
      [0, "push", 2],
      [1, "push", 2],
      [2, "push", 2],
      [3, "stop", 1],
    ]);
  });

  test("are told apart by repeats alone where pages are compressed by threads", async () => {
    const late = (page: number) => w.record.compressed(page * w.PAGE, version(1), block);
    const { rounds } = await inspect(
      stream(w.ramPart(2, late(500), late(0), late(900), w.EOS), w.ramEnd(2, late(0), w.EOS)),
    );
    expect(rounds).toBe(2);
  });

  test("end at a barrier over multifd, where two pages may come twice", async () => {
    const packet = (...pages: number[]) =>
      w.multifd.packet({ block, pages: pages.map((page) => [page * w.PAGE, version(page)]) });
    const sync = w.multifd.sync();
    const channel = w.join(
      ...[w.multifd.init(0), sync, packet(500, 501), packet(0, 501), sync],
      ...[packet(1, 2, 3), sync, packet(1, 2, 3), sync, packet(3), sync],
    );
    const part = w.ramPart(2, w.EOS);
    const { rounds, syncs } = await inspect(stream(part, part, part, w.ramEnd(2, w.EOS)), channel);
    expect(syncs).toBe(5);
    expect(rounds).toBe(2);
  });
});

test("pages are counted by kind, block and number of times", async () => {
  const { pages, pageBytes, blocks, repeats, zeroShare } = await inspect(
    stream(
      w.ramPart(2, raw(0, version(1)), w.record.zero(w.PAGE), w.record.zero(0, "pc.rom"), w.EOS),
      w.ramEnd(2, w.record.xbzrle(0, Uint8Array.of(10, 2, 1, 2), block), w.EOS),
    ),
  );
  expect(pages).toEqual({ zero: 2, raw: 1, xbzrle: 1, compressed: 0, multifd: 0, mapped: 0 });
  expect(pageBytes).toMatchObject({ zero: 9 + 16, raw: 4111, xbzrle: 22 });
  expect(blocks.map(({ name, missingPages }) => [name, missingPages])).toEqual([
    ["pc.ram", PAGES - 2],
    ["pc.rom", 1],
  ]);
  expect(zeroShare).toBe(0.5);
  expect(repeats).toEqual({
    distinctPages: 3,
    sentAgain: 1,
    histogram: [
      { times: 1, pages: 2 },
      { times: 2, pages: 1 },
    ],
  });
});

describe("what XBZRLE would have saved", () => {
  test("begins with the third sending of a page, as QEMU's cache fills from the second round on", async () => {
    const { deltaPotential } = await inspect(
      stream(
        w.ramPart(2, raw(0, version(1)), raw(700, version(1)), w.EOS),
        w.ramPart(2, raw(0, version(2)), raw(700, version(2)), w.EOS),
        w.ramPart(2, raw(0, version(3)), raw(700, version(2)), w.EOS),
        w.ramEnd(2, w.EOS),
      ),
    );
    // The record's head, two counts of one byte, eight bytes that changed.
    const delta = 11 + 2 + 8;
    expect(deltaPotential.at(-1)).toEqual({
      cacheBytes: 2048 * w.PAGE,
      candidates: 4,
      hits: 2,
      unchanged: 1,
      overflows: 0,
      deltaBytes: delta,
      savedBytes: 4104 - delta + 4104,
    });
  });

  test("is less where pages share a slot and what is in it is fresh", async () => {
    // 32 slots: pages 0 and 32 share one.
    const round = (n: number) => w.ramPart(2, raw(0, version(n)), raw(32, version(n)), w.EOS);
    const { deltaPotential } = await inspect(
      stream(round(1), round(2), round(3), round(4), w.ramEnd(2, w.EOS)),
    );
    const hits = deltaPotential.map((one) => [one.cacheBytes / w.PAGE, one.hits]);
    expect(hits).toEqual([
      [32, 2],
      [128, 4],
      [512, 4],
      [2048, 4],
    ]);
  });

  test("is nothing while the guest stands, for what is not cached", async () => {
    const round = (n: number) => [raw(0, version(n)), raw(700, version(n))];
    const { deltaPotential } = await inspect(
      stream(w.ramPart(2, ...round(1), w.EOS), w.ramEnd(2, ...round(2), ...round(3), w.EOS)),
    );
    expect(deltaPotential.at(-1)).toMatchObject({ candidates: 4, hits: 0 });
  });
});

test("the picture has a cell for what was sent, and does not grow with the stream", async () => {
  const all = Array.from({ length: PAGES }, (_, page) => w.record.zero(page * w.PAGE, block));
  const rounds = Array.from({ length: 30 }, () => w.ramPart(2, ...all, w.EOS));
  const { map } = await inspect(stream(...rounds, w.ramEnd(2, raw(5, version(1)), w.EOS)));
  expect(map.sent).toBe(30 * PAGES + 1);
  expect(map.cells.reduce((sum, { pages }) => sum + pages, 0)).toBe(map.sent);
  expect(map.cells.length).toBeLessThan(320 * 110);
  expect(map.cells.at(-1)).toMatchObject({ kind: "stop", pages: 1, round: 30, to: map.sent });
});

test("the picture of a mapped-ram file has the pages of all blocks", async () => {
  const pages = Array.from({ length: 50 }, (_, i) => w.page(i + 1));
  const file = w.mappedFile(
    [
      ["pc.ram", pages],
      ["rom", [w.page(1), w.page(2)]],
    ],
    { align: 512, rest: [w.ramEnd(2, w.EOS), TAIL] },
  );
  const { map, pages: counts } = await inspect(file);
  expect(counts.mapped).toBe(52);
  expect(map.pageCount).toBe(52);
  expect(map.cells.reduce((sum, cell) => sum + cell.pages, 0)).toBe(52);
});
