import { afterAll, beforeAll, expect, test } from "vitest";
import type { StrategyName } from "../../src/migration/report.js";
import { godwit, HostProcess, TEST_PC } from "./host-process.js";

// Real processes, real sockets, one guest that notices a single wrong page: it is started once and lives through all of them.

let here: HostProcess;
let there: HostProcess;
beforeAll(async () => {
  [here, there] = await Promise.all([HostProcess.start(), HostProcess.start()]);
  await here.client.start("pc1", TEST_PC);
});
afterAll(() => Promise.all([here?.kill(), there?.kill()]));

/** Now the machine is at the other. */
function swap(): void {
  [here, there] = [there, here];
}

const strategies: StrategyName[] = ["pre-copy", "cold", "post-copy", "hybrid", "stop-and-copy"];
test.each(strategies)(
  "%s: the guest goes on at the other host, and its memory is right",
  async (strategy) => {
    const before = (await here.reports("pc1", 1)).at(-1);
    const rounds: number[] = [];
    const report = await here.client.move("pc1", there.address, {
      strategy,
      onRound: ({ round }) => rounds.push(round),
    });
    expect(report).toMatchObject({ strategy, outcome: "completed", runningOn: "target" });
    expect(report).toMatchObject({ recovery: null, memoryBytes: TEST_PC.memoryBytes });
    // Every page by digest, where all of them are there when it begins to run.
    if (strategy !== "post-copy" && strategy !== "hybrid") expect(report.verified).toBe(true);
    expect(report.verified).not.toBe(false);
    expect(rounds).toEqual(report.rounds.map(({ round }) => round));
    const parts = Object.values(report.downtimeParts).reduce((sum, part) => sum + part, 0);
    expect(report.downtimeMs).toBeCloseTo(parts, 6);
    expect(report.downtimeMs).toBeGreaterThan(0);

    const after = (await there.reports("pc1", 2)).at(-1);
    expect(after?.count).toBeGreaterThan(before?.count ?? Number.POSITIVE_INFINITY);
    expect(await here.client.list()).toEqual([]);
    await expect(here.client.stop("pc1")).rejects.toThrow(`it moved to ${there.address}`);
    const [status] = await there.client.list();
    expect(status).toMatchObject({ name: "pc1", kind: "v86", cameFrom: here.address });
    await whole(there);
    swap();
  },
);

/** Resolves when all pages are there and the source has let go. */
async function whole(host: HostProcess): Promise<void> {
  for (;;) {
    const [status] = await host.client.list();
    if (status?.state === "running") return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

test("the command line: move with its table, and ps", async () => {
  const moved = await godwit(["move", "pc1", "--from", here.address, "--to", there.address]);
  expect(moved).toMatchObject({ code: 0, err: "" });
  expect(moved.out).toMatch(/^round +phase +start/m);
  expect(moved.out).toMatch(/^ +0 +push /m);
  expect(moved.out).toMatch(/^outcome +completed$/m);
  expect(moved.out).toMatch(/^verified +yes$/m);
  swap();
  const listed = await godwit(["ps"], "", { GODWIT_HOST: here.address });
  expect(listed.out).toMatch(/^pc1 +v86 +16 MiB +(running|arriving) /m);
  await whole(here);
  const argv = ["move", "pc1", "--from", here.address, "--to", there.address, "--json"];
  const json = await godwit([...argv, "--strategy", "cold"]);
  expect(JSON.parse(json.out)).toMatchObject({ strategy: "cold", outcome: "completed" });
  swap();
});

test("a console follows the machine", async () => {
  await whole(here);
  const watched = godwit(["console", "pc1", "--on", here.address, "--for", "6s"]);
  await here.client.move("pc1", there.address);
  const { code, out, err } = await watched;
  expect({ code, isThere: err.includes(`pc1 moved to ${there.address}`) }).toEqual({
    code: 0,
    isThere: true,
  });
  expect(out).toMatch(/^C [0-9a-f]{8} S /m);
  swap();
});

test("a move that is given up leaves the machine where it is", async () => {
  await whole(here);
  const abort = new AbortController();
  const report = await here.client.move("pc1", there.address, {
    signal: abort.signal,
    // So slow that it cannot be over.
    settings: { maxBandwidth: 100_000 },
    onBegin: () => abort.abort(),
  });
  expect(report).toMatchObject({ outcome: "aborted", runningOn: "source" });
  await here.reports("pc1", 2);
  // It may be in the middle of building the machine that nobody wants any more.
  await expect.poll(() => there.client.list(), { timeout: 20_000 }).toEqual([]);
});

test("Ctrl-C waits for machines to leave, then ends the host", async () => {
  here.interrupt();
  await expect(async () => {
    await here.client.start("pc2", TEST_PC);
  }).rejects.toThrow(/about to end/);
  await here.client.move("pc1", there.address);
  expect(await here.ended()).toBe(0);
  await there.reports("pc1", 1);
});
