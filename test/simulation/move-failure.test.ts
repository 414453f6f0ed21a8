import { expect, test } from "vitest";
import { isGodwitError } from "../../src/errors.js";
import type { StrategyName } from "../../src/migration/report.js";
import { ReceivedMoves } from "../../src/move/received-moves.js";
import { type MoveReport, moveMachine } from "../../src/move/source.js";
import type { Redialled } from "../../src/move/source-owner.js";
import { type LostPages, type ReceivedMachine, receiveMachine } from "../../src/move/target.js";
import { FrameStream } from "../../src/wire/frame.js";
import { Random } from "../../src/world/random.js";
import { FaultyNetwork, type Misfortune, TROUBLES } from "../faulty-network.js";
import { type CountingConfiguration, CountingMachine, SMALL } from "../support/counting-machine.js";

const CONFIGURATION: CountingConfiguration = {
  ...SMALL,
  pageCount: 400,
  workingSet: 300,
  demand: "suspending",
  stateBytes: 6000,
};

/** What goes wrong in a run, and when, counted in frames. */
interface Plan {
  readonly strategy: StrategyName;
  readonly misfortunes: readonly Misfortune[];
  readonly killed: Killing | null;
  readonly seed: number;
}

interface Killing {
  readonly side: "source" | "target";
  readonly atFrame: number;
  /** Whether a new process takes the place of the target's. */
  readonly startsAnew: boolean;
}

/** A machine that tells of which moments a state was saved, and from which it went on. */
class WatchedMachine extends CountingMachine {
  readonly savedAt: number[] = [];
  readonly resumedAt: number[] = [];
  onResume: () => void = () => {};

  override saveState(): Promise<Uint8Array> {
    this.savedAt.push(this.count);
    return super.saveState();
  }

  override resume(began?: () => void): Promise<void> {
    this.resumedAt.push(this.count);
    if (this.resumedAt.length === 1) this.onResume();
    return super.resume(began);
  }
}

/** Both sides of a move in one thread, and how it went. */
class Run {
  readonly source = new WatchedMachine(CONFIGURATION);
  target: WatchedMachine | null = null;
  report: MoveReport | null = null;
  received: ReceivedMachine | null = null;
  lost: LostPages | null = null;
  died: "source" | "target" | null = null;
  /** Steps that the target's machine had done when its process ended. */
  targetCount = 0;
  /** Frames that were sent when the target ran it first. */
  commitAt = 0;
  readonly network: FaultyNetwork;
  readonly #plan: Plan;
  #moves = new ReceivedMoves();

  constructor(plan: Plan) {
    this.#plan = plan;
    const random = new Random(plan.seed).fork("network");
    this.network = new FaultyNetwork(random, plan.misfortunes, (frame) => {
      if (frame === plan.killed?.atFrame && this.died === null) this.#kill(plan.killed);
    });
  }

  async play(): Promise<void> {
    this.source.runSlices(50);
    await this.source.resume();
    const [a, b] = this.network.connect("source", "target");
    const receiving = this.#receive(new FrameStream(b));
    const moving = this.#move(new FrameStream(a));
    // A process that is dead never finishes anything.
    if (this.#plan.killed) await Promise.race([this.#until(() => this.died !== null), moving]);
    if (this.died !== "source") await moving;
    if (this.died === "source") await this.#settleAlone(receiving);
    else if (this.died === "target") return;
    else {
      await receiving;
      // The source's last word may be lost, which does no harm.
      await Promise.race([this.received?.settled, this.#turns(500)]);
    }
    await this.#turns(50);
  }

  async #move(frames: FrameStream): Promise<void> {
    const { strategy } = this.#plan;
    const redial = () => this.#redial();
    try {
      // A hybrid move that converged would be a pre-copy.
      const rounds = strategy === "hybrid" ? { maxRounds: 1 } : {};
      // Pages follow for some fifty milliseconds, time for epochs.
      const isSlow = strategy === "hybrid" || strategy === "post-copy";
      const rate = isSlow ? { maxBandwidth: 1e7 } : {};
      const options = { strategy, redial, epochMs: 1, ...rounds, ...rate };
      this.report = await moveMachine(this.source, frames, options);
    } catch (error) {
      // Nothing had been agreed.
      if (!isGodwitError(error, "PeerFailedError", "LinkFailedError", "WireFormatError"))
        throw error;
    }
  }

  async #receive(frames: FrameStream): Promise<void> {
    const kind = {
      kind: "counting",
      build: async () => {
        this.target = new WatchedMachine(CONFIGURATION);
        this.target.onResume = () => {
          this.commitAt = this.network.frames;
        };
        return this.target;
      },
    };
    const limits = { memoryBytes: 2 ** 24 };
    const onLost = (lost: LostPages) => {
      this.lost = lost;
    };
    const options = { kinds: [kind], limits, moves: this.#moves, onLost };
    try {
      this.received = await receiveMachine(frames, options);
    } catch (error) {
      if (!isGodwitError(error)) throw error;
    }
  }

  async #redial(): Promise<Redialled> {
    await this.#turns(3);
    const isDead = this.died === "target";
    if (isDead && !this.#plan.killed?.startsAnew) return "dead";
    const party = isDead ? "target anew" : "target";
    const [a, b] = this.network.connect("source", party);
    void this.#moves.rejoin(new FrameStream(b));
    return new FrameStream(a);
  }

  #kill({ side, startsAnew }: Killing): void {
    this.died = side;
    this.network.kill(side);
    if (side === "source") this.source.destroy();
    if (side === "source") return;
    this.targetCount = this.target?.count ?? 0;
    this.target?.destroy();
    if (startsAnew) this.#moves = new ReceivedMoves();
  }

  /** The source is dead: the target finds out what it has. */
  async #settleAlone(receiving: Promise<void>): Promise<void> {
    await receiving;
    this.received?.sourceDied("killed");
    await this.#turns(50);
  }

  #turns(turns: number): Promise<void> {
    return new Promise((resolve) => this.network.later(turns, resolve));
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#turns(1);
  }
}

/** What must hold after any run. */
async function check(run: Run, strategy: StrategyName): Promise<string> {
  const { source, target, died, report, received, lost } = run;
  const isCommitted = received !== null;
  const runningOn = report?.runningOn ?? "source";
  if (died !== "source") {
    expect(source.isRunning).toBe(runningOn === "source");
  }
  if (died === null) {
    // Exactly one of them runs it, and all of it.
    expect(target?.isRunning ?? false).toBe(runningOn === "target");
    expect(report?.recovery ?? null).toBe(null);
  }
  if (source.isRunning && target) expect(target.isRunning).toBe(false);
  for (const machine of [source, target]) {
    if (!machine?.isRunning) continue;
    await Promise.race([machine.pause(), new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  if (died !== "source" && runningOn === "source") {
    expect(source.wrongPages()).toEqual([]);
    return checkKept(run);
  }
  if (died === "target") {
    // It was the target's alone, and ended with it.
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
    return "ended with the target";
  }
  if (!isCommitted || !target) {
    expect(died).toBe("source");
    expect(target?.isDestroyed ?? true).toBe(true);
    return "ended with the source";
  }
  const wrong = target.wrongPages();
  const isLost = (page: number) => lost?.runs.some(({ start, end }) => page >= start && page < end);
  expect(wrong.filter((page) => !isLost(page))).toEqual([]);
  if (lost === null) return died ? "survived its source" : "moved";
  expect(died).toBe("source");
  expect(["post-copy", "hybrid"]).toContain(strategy);
  expect(lost.pages).toBe(lost.runs.reduce((sum, { start, end }) => sum + end - start, 0));
  return "lacks pages";
}

/** It goes on at the source: from where it stood, or from an epoch. */
function checkKept({ source, target, report, died, targetCount }: Run): string {
  const from = source.resumedAt.at(-1) as number;
  const recovery = report?.recovery ?? null;
  if (recovery === null) return "kept";
  expect(died).toBe("target");
  expect(recovery.lostMs).toBeGreaterThan(0);
  if (recovery.epoch === 0) return "went on from the switchover";
  // Exactly a moment of which the target saved a state, and never what it had not done yet.
  expect(target?.savedAt).toContain(from);
  expect(from).toBeLessThanOrEqual(targetCount);
  return "went on from an epoch";
}

async function playAndCheck(plan: Plan): Promise<string> {
  const run = new Run(plan);
  const hangs = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("it hangs")), 15_000).unref();
  });
  try {
    await Promise.race([run.play(), hangs]);
    return await check(run, plan.strategy);
  } catch (cause) {
    throw new Error(`seed ${plan.seed}: ${JSON.stringify(plan)}`, { cause });
  } finally {
    run.source.destroy();
    run.target?.destroy();
  }
}

const SEED = 20_261_125;
const RUNS = 100;

test.each(["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"] as const)(
  `after any failure of %s exactly one side has the machine, whole or as reported (seed ${SEED})`,
  async (strategy) => {
    const clean = new Run({ strategy, misfortunes: [], killed: null, seed: SEED });
    await clean.play();
    expect(await check(clean, strategy)).toBe("moved");
    clean.target?.destroy();
    const { frames } = clean.network;
    const { commitAt } = clean;
    const random = new Random(SEED).fork(strategy);
    const ends = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const seed = random.nextUint32();
      const drawn = new Random(seed);
      // Half of what goes wrong does so around the commit.
      const at = () =>
        drawn.nextBelow(2) === 0
          ? drawn.nextBelow(Math.ceil(frames * 1.1))
          : Math.max(0, commitAt + drawn.nextBelow(9) - 4);
      const trouble = () => TROUBLES[drawn.nextBelow(TROUBLES.length)] as Misfortune["trouble"];
      const misfortunes = Array.from({ length: drawn.nextBelow(3) }, () => ({
        trouble: trouble(),
        atFrame: at(),
      }));
      const side = (["source", "target", null] as const)[drawn.nextBelow(3)] ?? null;
      const killed = side && { side, atFrame: at(), startsAnew: drawn.nextBelow(2) === 0 };
      const end = await playAndCheck({ strategy, misfortunes, killed, seed });
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const follows = strategy === "post-copy" || strategy === "hybrid";
    const certain = ["moved", "kept", "ended with the source", ...(follows ? ["lacks pages"] : [])];
    expect([...ends.keys()]).toEqual(expect.arrayContaining(certain));
  },
);
