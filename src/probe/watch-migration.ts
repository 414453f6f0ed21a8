import { PeerFailedError } from "../errors.js";
import type { Observation } from "../observe/observation.js";
import { PassCurve, passSample } from "../observe/passes.js";
import { guestOfObservation } from "../predict/guest.js";
import { type NextStep, nextStep } from "../predict/next-step.js";
import { type Prediction, predict } from "../predict/prediction.js";
import type { SeenProgress } from "../predict/seen-progress.js";
import type { PredictedSettings } from "../predict/settings.js";
import { isOver, type MigrationInfo } from "../qmp/migration-info.js";
import type { MigrationParameters, QemuMonitor } from "../qmp/qemu-monitor.js";
import { type BytesPerSecond, type Milliseconds, PAGE_SIZE } from "../units.js";
import { settingsOfQemu } from "./migration-settings.js";
import { pauseUntil } from "./pauses.js";

/** What is said of a migration while it runs. */
export interface Outlook {
  readonly status: MigrationInfo["status"];
  readonly seen: SeenProgress;
  /** How it goes on; null while nothing is known of what the guest dirties. */
  readonly prediction: Prediction | null;
  /** What would let it end where it does not by itself; null: nothing would, or nothing need. */
  readonly step: NextStep | null;
  /** Whether that step was taken. */
  readonly isTaken: boolean;
}

/** How a migration is watched. */
export interface WatchOptions {
  /** What is known of the guest before its first pass has ended. */
  readonly observation?: Observation;
  /** Longest downtime that a step may lead to; QEMU's limit when the watch begins. */
  readonly maxDowntimeMs?: Milliseconds;
  /** Most bandwidth that a step may set, bytes per second; the one that is set. */
  readonly maxBandwidth?: BytesPerSecond;
  /** Whether steps are taken; they are only told without. */
  readonly act?: boolean;
  readonly onOutlook?: (outlook: Outlook) => void;
  /** Ends the watch, not the migration, with an AbortedError. */
  readonly signal?: AbortSignal;
}

/** How a watched migration ended. */
export interface WatchedEnd {
  readonly status: MigrationInfo["status"];
  readonly totalMs: Milliseconds | null;
  readonly downtimeMs: Milliseconds | null;
  readonly steps: readonly string[];
}

const POLL_MS: Milliseconds = 50;
/** Between two outlooks. */
const OUTLOOK_MS: Milliseconds = 500;
const RUNS = 100;
/** A migration that will not end within three times as long again, or a minute, is one that does not end. */
const HORIZON = 3;
const LEAST_HORIZON_MS: Milliseconds = 60_000;
/** Time that a step is given before the next one. */
const PATIENCE_MS: Milliseconds = 3000;

/**
 * Follows a migration to its end, predicts from its passes how it will go on, and says (or, with `act`,
 * does) what lets it end. Waits for a migration to begin. Parameters that were changed are set back
 * unless the guest has left: after a failure, a cancellation or an end of the watch.
 *
 * @throws PeerFailedError when the VM disappears.
 * @throws AbortedError when the signal ends it.
 */
export async function watchMigration(
  monitor: QemuMonitor,
  options: WatchOptions = {},
): Promise<WatchedEnd> {
  const watch = new Watch(monitor, options);
  try {
    return await watch.follow();
  } finally {
    await watch.close();
  }
}

class Watch {
  readonly #monitor: QemuMonitor;
  readonly #options: WatchOptions;
  readonly #passes = new PassCurve();
  readonly #stopListening: () => void;
  readonly #steps: string[] = [];
  /** What changed parameters were before, by name. */
  readonly #before = new Map<string, MigrationParameters[string]>();
  #hasLeft = false;
  #passBegan: { pass: number; atMs: Milliseconds } = { pass: 0, atMs: 0 };
  #passBeforeMs: Milliseconds | null = null;
  #actedAtMs = Number.NEGATIVE_INFINITY;

  constructor(monitor: QemuMonitor, options: WatchOptions) {
    this.#monitor = monitor;
    this.#options = options;
    this.#stopListening = monitor.connection.onEvent(({ event, data }) => {
      if (event === "MIGRATION_PASS" && typeof data["pass"] === "number") {
        this.#passes.event(data["pass"], performance.now());
        this.#notePass(data["pass"], performance.now());
      }
    });
  }

  async follow(): Promise<WatchedEnd> {
    const { signal } = this.#options;
    let wasActive = false;
    for (let toldAt = Number.NEGATIVE_INFINITY; ; ) {
      const info = await this.#monitor.queryMigrate();
      const now = performance.now();
      if (isOver(info) && wasActive) return this.#end(info);
      const sample = passSample(info, now);
      if (sample !== null) {
        this.#passes.sample(sample);
        this.#notePass(sample.pass, now);
        if (now - toldAt >= OUTLOOK_MS || !wasActive) {
          toldAt = now;
          await this.#tell(info, now);
        }
      }
      wasActive ||= info.status === "active" || info.status.startsWith("postcopy");
      await pauseUntil(now + POLL_MS, signal);
    }
  }

  /** Leaves nothing behind in a VM that is still here. */
  async close(): Promise<void> {
    this.#stopListening();
    if (this.#hasLeft || this.#before.size === 0) return;
    const parameters = Object.fromEntries(this.#before);
    await this.#monitor.setParameters(parameters).catch((error: unknown) => {
      // A VM that is gone has no parameters; that it is gone was said already.
      if (!(error instanceof PeerFailedError)) throw error;
    });
  }

  #end(info: MigrationInfo): WatchedEnd {
    this.#hasLeft = info.status === "completed";
    return {
      status: info.status,
      totalMs: info["total-time"] ?? null,
      downtimeMs: info.downtime ?? null,
      steps: this.#steps,
    };
  }

  #notePass(pass: number, atMs: Milliseconds): void {
    if (pass <= this.#passBegan.pass) return;
    if (this.#passBegan.pass > 0) this.#passBeforeMs = atMs - this.#passBegan.atMs;
    this.#passBegan = { pass, atMs };
  }

  async #tell(info: MigrationInfo, now: Milliseconds): Promise<void> {
    const seen = this.#seen(info, now);
    const known = this.#passes.observation("the migration") ?? this.#options.observation ?? null;
    if (known === null) {
      this.#say({ status: info.status, seen, prediction: null, step: null, isTaken: false });
      return;
    }
    const { settings, hosts, mayPostCopy, parameters } = await settingsOfQemu(this.#monitor, info);
    const guest = guestOfObservation(known);
    const deadlineMs = seen.elapsedMs + Math.max(LEAST_HORIZON_MS, HORIZON * seen.elapsedMs);
    const options = { runs: RUNS, hosts, seen, deadlineMs };
    const prediction = predict(guest, settings, options);
    const needsHelp = prediction.verdict !== "converges" && seen.pass > 1;
    const step = needsHelp ? this.#stepFor(guest, settings, mayPostCopy, options) : null;
    const isTaken = step !== null && (await this.#take(step, parameters, now));
    this.#say({ status: info.status, seen, prediction, step, isTaken });
  }

  #stepFor(
    guest: Parameters<typeof nextStep>[0],
    settings: PredictedSettings,
    mayPostCopy: boolean,
    options: Parameters<typeof nextStep>[3],
  ): NextStep | null {
    const { maxDowntimeMs, maxBandwidth } = this.#options;
    const limits = {
      maxDowntimeMs: maxDowntimeMs ?? settings.downtimeLimitMs,
      maxBandwidth: maxBandwidth ?? settings.maxBandwidth,
      mayPostCopy,
    };
    return nextStep(guest, settings, limits, options);
  }

  async #take(
    step: NextStep,
    parameters: MigrationParameters,
    now: Milliseconds,
  ): Promise<boolean> {
    if (!this.#options.act || now - this.#actedAtMs < PATIENCE_MS) return false;
    this.#actedAtMs = now;
    if (step.kind === "post-copy") {
      await this.#monitor.migrateStartPostcopy();
    } else {
      for (const name of Object.keys(step.parameters)) {
        const value = parameters[name];
        if (value !== undefined && !this.#before.has(name)) this.#before.set(name, value);
      }
      await this.#monitor.setParameters(step.parameters);
    }
    this.#steps.push(step.change);
    return true;
  }

  #seen(info: MigrationInfo, now: Milliseconds): SeenProgress {
    const { ram } = info;
    return {
      elapsedMs: info["total-time"] ?? 0,
      sentBytes: ram?.transferred ?? 0,
      remainingPages: (ram?.remaining ?? 0) / PAGE_SIZE,
      pass: Math.max(1, ram?.["dirty-sync-count"] ?? 1),
      passMs: now - this.#passBegan.atMs,
      passBeforeMs: (ram?.["dirty-sync-count"] ?? 1) > 1 ? (this.#passBeforeMs ?? 1000) : null,
      throttle: (info["cpu-throttle-percentage"] ?? 0) / 100,
    };
  }

  #say(outlook: Outlook): void {
    this.#options.onOutlook?.(outlook);
  }
}
