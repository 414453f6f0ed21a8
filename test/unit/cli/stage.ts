import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../../src/cli/program.js";
import type { Screen, Simulate } from "../../../src/cli/world.js";
import type { MigrationReport } from "../../../src/migration/report.js";
import type { Scenario } from "../../../src/scenario/scenario.js";
import { runPoint } from "../../../src/sweep/point.js";
import { sampleMap, sampleReport } from "../report/sample-report.js";

/** What a command did. */
export interface Played {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The scenarios that reached the engine. */
  readonly scenarios: readonly Scenario[];
  /** How many threads each pool had that was opened, and closed. */
  readonly pools: readonly { readonly threads: number; readonly isClosed: boolean }[];
}

/** What the program runs on. */
export interface Computer {
  readonly memoryBytes?: number;
  readonly freeBytes?: number;
  readonly parallelism?: number;
  /** Width of the terminal. */
  readonly columns?: number;
  /** What errors and progress are written to besides what is played. */
  readonly terminal?: Screen;
}

/** A folder of its own for a test, and the program run in it over an engine that only pretends. */
export interface Stage {
  readonly folder: string;
  play(argv: readonly string[], engine?: Simulate, computer?: Computer): Promise<Played>;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** Whether anything would notice. */
  isListening(): boolean;
  close(): void;
}

/** An engine whose every migration is the sample, changed as given. */
export function pretending(changes: Partial<MigrationReport> = {}): Simulate {
  return async (scenario, { onRound, onProgress, map }) => {
    for (const round of sampleReport.rounds) {
      onProgress({
        elapsedMs: round.startMs,
        remainingPages: round.dirtyPagesAtEnd,
        phase: round.phase,
        round: round.round,
      });
      onRound(round);
    }
    const report = {
      ...sampleReport,
      strategy: scenario.strategy,
      seed: scenario.seed,
      ...changes,
    };
    return { report, map: map ? sampleMap : null, singleThreadReason: null };
  };
}

/** Sets the stage; close it after the test. */
export function setStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), "godwit-cli-"));
  let listener: (() => void) | null = null;
  return {
    folder,
    interrupt: () => listener?.(),
    isListening: () => listener !== null,
    close: () => rmSync(folder, { recursive: true }),
    async play(argv, engine = pretending(), computer = {}) {
      const { memoryBytes = 2 ** 40, freeBytes = memoryBytes, parallelism = 1 } = computer;
      const { columns, terminal } = computer;
      let out = "";
      let err = "";
      const scenarios: Scenario[] = [];
      const pools: { threads: number; isClosed: boolean }[] = [];
      const code = await runProgram({
        argv,
        folder,
        memoryBytes,
        freeBytes,
        parallelism,
        stdout: { write: (text) => (out += text), ...(columns === undefined ? {} : { columns }) },
        stderr: terminal ?? { write: (text) => (err += text) },
        openStdin: () => ({ on: () => undefined, destroy: () => undefined }),
        env: {},
        simulate: (scenario, options) => {
          scenarios.push(scenario);
          return engine(scenario, options);
        },
        openPool(threads) {
          const pool = { threads, isClosed: false };
          pools.push(pool);
          return {
            async run(scenario, { onProgress, signal, map = false }) {
              scenarios.push(scenario);
              return engine(scenario, {
                onRound: () => undefined,
                onProgress: (progress) => onProgress?.(progress),
                signal: signal ?? new AbortController().signal,
                map,
                threads: 1,
              });
            },
            // Points are run for real, in this thread, which hears of Ctrl-C between them.
            async runPoint(point) {
              await new Promise((resume) => setImmediate(resume));
              return runPoint(point);
            },
            async close() {
              pool.isClosed = true;
            },
          };
        },
        onInterrupt(callback) {
          listener = callback;
          return () => {
            listener = null;
          };
        },
      });
      return { code, out, err, scenarios, pools };
    },
  };
}
