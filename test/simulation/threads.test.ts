import { describe, expect, test, vi } from "vitest";
import { createTestbed, preCopy, reportToJson, simulate } from "../../src/node.js";

const STRATEGIES = ["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"] as const;
const BUSY = {
  memory: "24MiB",
  contents: "generated",
  zero: "20%",
  workload: "hot-set:wss=8MiB,rate=40k/s,hot=25%,share=80%",
  bandwidth: "2Gbit/s",
} as const;

async function reports(input: object, map = false): Promise<string[]> {
  const all: string[] = [];
  for (const threads of [1, 2, 3]) {
    const simulation = await simulate({ ...BUSY, ...input }, { threads, map });
    expect(simulation.report.verified).toBe(true);
    all.push(reportToJson(simulation.report) + JSON.stringify(simulation.map));
  }
  return all;
}

describe.each(STRATEGIES)("%s", (strategy) => {
  test("has the same report with one, two and three threads", async () => {
    const [one, ...others] = await reports({ strategy }, true);
    for (const other of others) expect(other).toBe(one);
  });
});

test.each(["256KiB", "4MiB", "64MiB"])("so it is with a delta cache of %s", async (cache) => {
  const strategy = "pre-copy";
  const [one, ...others] = await reports({ strategy, xbzrle: true, xbzrleCache: cache });
  expect(JSON.parse(one?.replace(/null$/, "") ?? "")).toMatchObject({ outcome: "completed" });
  for (const other of others) expect(other).toBe(one);
});

test("without shared memory one thread does it, and says why", async () => {
  const [expected] = await reports({});
  vi.stubGlobal("SharedArrayBuffer", undefined);
  try {
    const { report, singleThreadReason } = await simulate(BUSY, { threads: 4 });
    expect(singleThreadReason).toContain("cross-origin isolated");
    expect(`${reportToJson(report)}null`).toBe(expected);
    const testbed = await createTestbed(BUSY, { threads: 4 });
    expect(testbed.singleThreadReason).toContain("cross-origin isolated");
  } finally {
    vi.unstubAllGlobals();
  }
});

test("a guest without bytes needs one thread, and says so where several are asked for", async () => {
  const statistical = { memory: "1GiB" };
  const reasons = [];
  for (const threads of [undefined, 1, 2]) {
    reasons.push((await simulate(statistical, { threads })).singleThreadReason);
  }
  expect(reasons).toEqual([null, null, expect.stringContaining("no bytes")]);
});

test("a testbed works with threads, and after they ended", async () => {
  for (const isClosed of [false, true]) {
    const { machine, link, close, singleThreadReason } = await createTestbed(BUSY, { threads: 2 });
    expect(singleThreadReason).toBeNull();
    if (isClosed) close();
    expect(await preCopy(machine, link)).toMatchObject({ outcome: "completed", verified: true });
    close();
  }
});

test.each([0, 33, 1.5, Number.NaN])("%d threads are refused before anything is made", async (n) => {
  await expect(simulate(BUSY, { threads: n })).rejects.toThrow("threads: got");
});
