import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MachineStatus } from "../../src/host/control-messages.js";
import type { StrategyName } from "../../src/migration/report.js";
import type { MoveReport } from "../../src/move/source.js";
import { Random } from "../../src/world/random.js";
import { HostProcess, TEST_PC } from "./host-process.js";

// Real processes are killed at random moments of a move, as no program can prevent; others take their place at once.

const RUNS = 50;
const SEED = 20_261_125;
const STRATEGIES: readonly StrategyName[] = ["pre-copy", "post-copy", "hybrid", "cold"];
/** Slow enough for the moments to matter: 16 MiB of which a tenth is not zero. */
const SETTINGS = { maxBandwidth: 8e6 };
const LONGEST_MS = 400;

let hosts: { source: HostProcess; target: HostProcess };
let name = "";
beforeAll(async () => {
  const [source, target] = await Promise.all([HostProcess.start(), HostProcess.start()]);
  hosts = { source, target };
});
afterAll(() => Promise.all([hosts?.source.kill(), hosts?.target.kill()]));

type Victim = "source" | "target";
/** A move, and a process that was killed meanwhile. */
interface Killed {
  readonly strategy: StrategyName;
  readonly victim: Victim;
  /** Null: the source was killed, or the move could not even begin. */
  readonly report: MoveReport | null;
}

test(`after ${RUNS} kills the machine runs once, its memory right, or has ended with its owner (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const ends = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    if (name === "") {
      name = `pc${run}`;
      await hosts.source.client.start(name, TEST_PC);
    }
    const strategy = STRATEGIES[random.nextBelow(STRATEGIES.length)] as StrategyName;
    const victim: Victim = random.nextBelow(2) === 0 ? "source" : "target";
    const afterMs = random.nextBelow(LONGEST_MS);
    try {
      const end = await settle(await killAmid(strategy, victim, afterMs));
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (cause) {
      throw new Error(`run ${run}: ${strategy}, the ${victim} killed after ${afterMs} ms`, {
        cause,
      });
    }
  }
  expect([...ends.keys()]).toEqual(expect.arrayContaining(["kept", "ended with the source"]));
}, 900_000);

/** @param afterMs - Counted from the first pages on their way. */
async function killAmid(strategy: StrategyName, victim: Victim, afterMs: number): Promise<Killed> {
  const { source, target } = hosts;
  let flows = () => {};
  const flowing = new Promise<void>((resolve) => {
    flows = resolve;
  });
  const options = { strategy, settings: SETTINGS, onProgress: flows, onRound: flows };
  const moving = source.client.move(name, target.address, options).catch(() => null);
  await Promise.race([flowing, moving]);
  await setTimeout(afterMs);
  await hosts[victim].kill();
  hosts[victim] = await HostProcess.start(["--listen", hosts[victim].address]);
  return { strategy, victim, report: await moving };
}

/** Finds out who has the machine, and makes its host the next source. */
async function settle({ strategy, victim, report }: Killed): Promise<string> {
  const survivor = victim === "source" ? hosts.target : hosts.source;
  const status = await comesToRest(survivor);
  const runs = status?.state === "running";
  expect(await hosts[victim].client.list()).toEqual([]);
  if (victim === "target") {
    // The source is told by its own host how it went.
    expect(runs).toBe(report === null || report.runningOn === "source");
    if (runs) return goesOn(survivor, report?.recovery ? "recovered" : "kept");
    expect(report).toMatchObject({ outcome: "completed" });
    return ended("ended with the target");
  }
  if (runs) {
    hosts = { source: hosts.target, target: hosts.source };
    return goesOn(survivor, "survived its source");
  }
  if (status === undefined) return ended("ended with the source");
  expect(["post-copy", "hybrid"]).toContain(strategy);
  expect(status).toMatchObject({
    state: "incomplete",
    detail: expect.stringMatching(/^its source died and it lacks \d+ pages: \d/),
  });
  await survivor.client.stop(name);
  return ended("lacks pages");
}

/** Reports that are checked against what an intact guest says. */
async function goesOn(host: HostProcess, end: string): Promise<string> {
  await host.reports(name, 2);
  return end;
}

function ended(end: string): string {
  name = "";
  return end;
}

const AT_REST: readonly string[] = ["running", "incomplete", "lost"];

/** The machine's status once it does not change any more. */
async function comesToRest(host: HostProcess): Promise<MachineStatus | undefined> {
  for (;;) {
    const status = (await host.client.list()).find((one) => one.name === name);
    if (status === undefined || AT_REST.includes(status.state)) return status;
    await setTimeout(100);
  }
}
