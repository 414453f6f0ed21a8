import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { KINDS } from "../../../src/sweep/kinds.js";
import { checkPointResult, runPoint } from "../../../src/sweep/point.js";
import { parseQueueAddress } from "../../../src/sweep/queue-address.js";
import { checkSweepJob } from "../../../src/sweep/queue-job.js";
import { parseSweepDocument, readSweepDocument } from "../../../src/sweep/sweep-document.js";

describe("the address of a queue", () => {
  test.each([
    ["redis://localhost", { host: "localhost", port: 6379, name: "godwit", isEncrypted: false }],
    ["redis://10.0.0.5:7000/", { host: "10.0.0.5", port: 7000, name: "godwit" }],
    ["rediss://u:p%40ss@[::1]/night-run", { host: "::1", username: "u", password: "p@ss" }],
  ])("is read: %s", (text, address) => {
    expect(parseQueueAddress("--queue", text)).toMatchObject(address);
  });

  test("is shown without its password", () => {
    const { text } = parseQueueAddress("--queue", "redis://u:secret@h/n");
    expect(text).toBe("redis://h:6379/n");
    const wrong = () => parseQueueAddress("--queue", "redis://u:secret@h/a/b");
    expect(wrong).toThrow('got "redis://...@h/a/b"');
  });

  test.each(["", "localhost:6379", "http://h", "redis://", "redis://h/a:b", "redis://h/?db=1"])(
    "is refused: %j",
    (text) => expect(() => parseQueueAddress("--queue", text)).toThrow("--queue: got"),
  );
});

test.each([
  null,
  "x",
  {},
  { sweep: "../x", index: 1 },
  { sweep: "a".repeat(32), index: -1 },
  { sweep: "a".repeat(32), index: 0.5 },
  { sweep: ["a".repeat(32)], index: 0 },
])("a job that is none of ours is none: %j", (data) => {
  expect(checkSweepJob(data)).toBeNull();
});

test("a result is taken only if it fits its columns", async () => {
  const input = { memory: "64MiB", workload: "idle", runs: 5 };
  const place = { folder: ".", isConfined: true, memoryBytes: 2 ** 30 };
  const result = await runPoint({ kind: "predict", input, place });
  const sent = JSON.parse(JSON.stringify(result)) as { cells: unknown[] };
  expect(checkPointResult("predict", sent)).toEqual(result);
  expect(checkPointResult("simulate", sent)).toBeNull();
  expect(checkPointResult("predict", { cells: sent.cells.slice(1) })).toBeNull();
  expect(checkPointResult("predict", { cells: sent.cells.map(() => "x") })).toBeNull();
  expect(checkPointResult("predict", { error: 1 })).toBeNull();
  expect(checkPointResult("predict", null)).toBeNull();
});

test("a sweep's fingerprint is of its values, its files and the version", async () => {
  const read = (contents: unknown) => async () => contents;
  const value = { run: "predict", vary: { observation: ["a.json", "b.json"] } };
  const one = await readSweepDocument(value, "1.0.0", read({ at: 1 }));
  const others = [
    await readSweepDocument({ ...value, repeat: 2 }, "1.0.0", read({ at: 1 })),
    await readSweepDocument(value, "1.0.0", read({ at: 2 })),
    await readSweepDocument(value, "1.0.1", read({ at: 1 })),
  ];
  expect(new Set([one, ...others].map(({ id }) => id)).size).toBe(4);
  const again = parseSweepDocument(one.text);
  expect(again.id).toBe(one.id);
  expect(again.sweep.inputAt(1)).toEqual({ observation: { at: 1 } });
  expect(again.sweep.valuesAt(1)).toEqual(["b.json"]);
});

describe("a point from a queue", () => {
  const folder = mkdtempSync(join(tmpdir(), "godwit-confined-"));
  const inside = join(folder, "inside");
  mkdirSync(inside);
  for (const path of [join(folder, "out.img"), join(inside, "in.img")]) {
    writeFileSync(path, new Uint8Array(65536));
  }
  symlinkSync(join(folder, "out.img"), join(inside, "link.img"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const check = (image: string, isConfined: boolean, memoryBytes = 2 ** 30) => {
    const input = { image, workload: "idle" };
    return () => KINDS.simulate.check(input, { folder: inside, isConfined, memoryBytes });
  };

  test("reads files below the worker's own folder", () => {
    expect(check("in.img", true)).not.toThrow();
    expect(check("../out.img", false)).not.toThrow();
  });

  test.each(["../out.img", join(folder, "out.img"), "link.img", "."])(
    "and no other: %s",
    (path) => {
      expect(check(path, true)).toThrow("a path below the worker's own folder");
    },
  );

  test("takes no more memory than there is for it", () => {
    expect(check("in.img", true, 100_000)).toThrow("image: got");
  });
});
