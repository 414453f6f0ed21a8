import { AbortedError } from "../errors.js";
import type { MigrationProgress, MigrationReport, Scenario, Simulation } from "../node.js";
import { formatDuration } from "../quantity-text.js";
import { roundHeadLine, roundLine } from "../report/text.js";
import type { OptionNames } from "../scenario/shape.js";
import { asCallerWrote } from "./option-name.js";
import { progressDisplay } from "./progress.js";
import { type CliWorld, EXIT, type ExitCode, type Screen, widthOf } from "./world.js";

/** How a migration is shown while it runs. */
export interface SessionOptions {
  /** Where results are printed as they come; null with `--json`. */
  readonly out: Screen | null;
  /** Whether to print a line for each round. */
  readonly rounds: boolean;
  readonly map: boolean;
  /** Threads that move a guest's bytes; undefined: the engine's default. */
  readonly threads: number | undefined;
  /** Names options in errors as the caller wrote them. */
  readonly nameOf: OptionNames;
}

/** Ctrl-C ended the run. The message says what is the case now. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  /** The report as far as the migration went, when the engine still gave one. */
  readonly report: MigrationReport | null;
  constructor(message: string, report: MigrationReport | null) {
    super(message);
    this.report = report;
  }
}

/** Runs one migration with its progress on the terminal; Ctrl-C ends it with an {@link InterruptedError}. */
export async function migrateOnScreen(
  world: CliWorld,
  scenario: Scenario,
  options: SessionOptions,
): Promise<Simulation> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const display = progressDisplay(
    scenario.strategy,
    scenario.machine.memoryPages,
    options.out,
    world.stderr,
  );
  const width = widthOf(world.stdout);
  const breathe = breather();
  let last: MigrationProgress | null = null;
  try {
    if (options.rounds) display.line(roundHeadLine(width));
    const migrated = await world.simulate(scenario, {
      onRound: (round) => options.rounds && display.line(roundLine(round, width)),
      onProgress: (progress) => {
        last = progress;
        display.update(progress);
        // Past the switchover the engine would see the move through; this guest can be spared that.
        if (abort.signal.aborted && progress.phase === "pull")
          throw new AbortedError("interrupted while pages followed the guest");
        return breathe();
      },
      signal: abort.signal,
      map: options.map,
      threads: options.threads,
    });
    if (abort.signal.aborted) throw interrupted([whereIs(scenario, last)], migrated.report);
    return migrated;
  } catch (error) {
    // However the engine says that it was ended: the cause was the signal.
    if (abort.signal.aborted && !(error instanceof InterruptedError))
      throw interrupted([whereIs(scenario, last)], null);
    throw asCallerWrote(error, options.nameOf);
  } finally {
    display.stop();
    stopListening();
  }
}

/** Simulated time never waits for anything, so without these pauses the process would not hear of Ctrl-C. */
export function breather(): () => Promise<void> | undefined {
  let before = Date.now();
  return () => {
    if (Date.now() - before < BREATH_MS) return undefined;
    before = Date.now();
    return new Promise((resume) => setImmediate(resume));
  };
}

/** Work between two pauses: short for a person, long for the engine. */
const BREATH_MS = 40;

/** How far a migration is, as far as anybody knows. */
export function whereIs({ strategy }: Scenario, last: MigrationProgress | null): string {
  if (last === null) return strategy;
  return `${strategy} in round ${last.round} (${last.phase}), ${formatDuration(last.elapsedMs)} simulated`;
}

/** The end of migrations by Ctrl-C. */
export function interrupted(
  where: readonly string[],
  report: MigrationReport | null,
): InterruptedError {
  const guest = report === null ? "" : `; the guest runs at the ${report.runningOn}`;
  return new InterruptedError(
    `interrupted: ${where.join(", and ")}${guest}; nothing was written`,
    report,
  );
}

/** The exit code that a report stands for. */
export function exitCodeOf(report: MigrationReport): ExitCode {
  switch (report.outcome) {
    case "completed":
      return EXIT.done;
    case "not-converged":
      return EXIT.notConverged;
    case "failed":
      return EXIT.failed;
    case "aborted":
      return EXIT.interrupted;
  }
}
