import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { MachineStatus } from "../../src/host/control-messages.js";
import type { StrategyName } from "../../src/migration/report.js";
import type { MoveReport } from "../../src/move/source.js";
import { Random } from "../../src/world/random.js";
import { HostProcess, TEST_PC } from "./host-process.js";

// Real processes are killed at random moments of a move, as no program can prevent; others take their place at once.

/** Two series at a time, each with two hosts of its own: a computer has two processors. */
const SEEDS = [20_261_125, 20_261_126];
const RUNS = 25;
const STRATEGIES: readonly StrategyName[] = ["pre-copy", "post-copy", "hybrid", "cold"];
/** Slow enough for the moments to matter: 16 MiB of which a tenth is not zero. */
const SETTINGS = { maxBandwidth: 8e6 };
const LONGEST_MS = 400;

type Victim = "source" | "target";
/** A move, and a process that was killed meanwhile. */
interface Killed {
  readonly strategy: StrategyName;
  readonly victim: Victim;
  /** Null: the source was killed, or the move could not even begin. */
  readonly report: MoveReport | null;
}

const AT_REST: readonly string[] = ["running", "incomplete", "lost"];

/** Kills one after the other, between two hosts. */
class Series {
  #hosts: { source: HostProcess; target: HostProcess };
  #name = "";

  constructor(source: HostProcess, target: HostProcess) {
    this.#hosts = { source, target };
  }

  /** Kills so many times; answers how it ended, and how often so. */
  async run(seed: number): Promise<ReadonlyMap<string, number>> {
    const random = new Random(seed);
    const ends = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      if (this.#name === "") {
        this.#name = `pc${run}`;
        await this.#hosts.source.client.start(this.#name, TEST_PC);
      }
      const strategy = STRATEGIES[random.nextBelow(STRATEGIES.length)] as StrategyName;
      const victim: Victim = random.nextBelow(2) === 0 ? "source" : "target";
      const afterMs = random.nextBelow(LONGEST_MS);
      try {
        const end = await this.#settle(await this.#killAmid(strategy, victim, afterMs));
        ends.set(end, (ends.get(end) ?? 0) + 1);
      } catch (cause) {
        const what = `${strategy}, the ${victim} killed after ${afterMs} ms`;
        throw new Error(`run ${run} of seed ${seed}: ${what}`, { cause });
      }
    }
    return ends;
  }

  /** @param afterMs - Counted from the first pages on their way. */
  async #killAmid(strategy: StrategyName, victim: Victim, afterMs: number): Promise<Killed> {
    const { source, target } = this.#hosts;
    let flows = () => {};
    const flowing = new Promise<void>((resolve) => {
      flows = resolve;
    });
    const options = { strategy, settings: SETTINGS, onProgress: flows, onRound: flows };
    const moving = source.client.move(this.#name, target.address, options).catch(() => null);
    await Promise.race([flowing, moving]);
    await setTimeout(afterMs);
    await this.#hosts[victim].kill();
    this.#hosts[victim] = await HostProcess.start(["--listen", this.#hosts[victim].address]);
    return { strategy, victim, report: await moving };
  }

  /** Finds out who has the machine, and makes its host the next source. */
  async #settle({ strategy, victim, report }: Killed): Promise<string> {
    const survivor = victim === "source" ? this.#hosts.target : this.#hosts.source;
    const status = await this.#comesToRest(survivor);
    const runs = status?.state === "running";
    expect(await this.#hosts[victim].client.list()).toEqual([]);
    if (victim === "target") {
      // The source is told by its own host how it went.
      expect(runs).toBe(report === null || report.runningOn === "source");
      if (runs) return this.#goesOn(survivor, report?.recovery ? "recovered" : "kept");
      expect(report).toMatchObject({ outcome: "completed" });
      return this.#ended("ended with the target");
    }
    if (runs) {
      this.#hosts = { source: this.#hosts.target, target: this.#hosts.source };
      return this.#goesOn(survivor, "survived its source");
    }
    if (status === undefined) return this.#ended("ended with the source");
    expect(["post-copy", "hybrid"]).toContain(strategy);
    expect(status).toMatchObject({
      state: "incomplete",
      detail: expect.stringMatching(/^its source died and it lacks \d+ pages: \d/),
    });
    await survivor.client.stop(this.#name);
    return this.#ended("lacks pages");
  }

  /** Reports that are checked against what an intact guest says. */
  async #goesOn(host: HostProcess, end: string): Promise<string> {
    await host.reports(this.#name, 2);
    return end;
  }

  #ended(end: string): string {
    this.#name = "";
    return end;
  }

  /** The machine's status once it does not change any more. */
  async #comesToRest(host: HostProcess): Promise<MachineStatus | undefined> {
    for (;;) {
      const status = (await host.client.list()).find((one) => one.name === this.#name);
      if (status === undefined || AT_REST.includes(status.state)) return status;
      await setTimeout(100);
    }
  }

  async end(): Promise<void> {
    await Promise.all([this.#hosts.source.kill(), this.#hosts.target.kill()]);
  }
}

async function runSeries(seed: number): Promise<ReadonlyMap<string, number>> {
  const series = new Series(await HostProcess.start(), await HostProcess.start());
  try {
    return await series.run(seed);
  } finally {
    await series.end();
  }
}

test(`after ${SEEDS.length} times ${RUNS} kills the machine runs once, its memory right, or has ended with its owner (seeds ${SEEDS})`, async () => {
  const ends = await Promise.all(SEEDS.map(runSeries));
  const seen = ends.flatMap((one) => [...one.keys()]);
  expect(seen).toEqual(expect.arrayContaining(["kept", "ended with the source"]));
}, 900_000);
