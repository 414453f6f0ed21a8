import type { Share } from "../../units.js";
import type { V86Runner } from "./emulator.js";

/** A wait between slices is not worth its timer below this. */
const SHORTEST_SLEEP_MS = 1;
/** Sleep that came too late counts for what is owed next, but not for ever. */
const MOST_CREDIT_MS = 20;

/** What a machine does between two slices and when one failed. */
export interface SliceHooks {
  /** Runs a slice; answers the milliseconds in which nothing will happen to the guest. */
  slice(): number | Promise<number>;
  /** A slice threw: v86 or a device met what it cannot go on from. */
  failed(error: unknown): void;
}

/**
 * Lets v86 run in slices of about a millisecond, as its own loop does, and between any two of them stops
 * it, slows it down, or tells that it begins.
 */
export class SliceLoop {
  readonly #runner: V86Runner;
  readonly #hooks: SliceHooks;
  #began: (() => void) | undefined;
  #isInSlice = false;
  /** Those who wait for the present slice to end. */
  #waiting: (() => void)[] = [];
  /** Milliseconds of sleep for each of running. */
  #sleepShare = 0;
  #owedMs = 0;
  #sleptAt = 0;

  constructor(runner: V86Runner, hooks: SliceHooks) {
    this.#runner = runner;
    this.#hooks = hooks;
    runner.do_tick = () => this.#tick();
    // Interrupts plan a slice at once; what is owed must be slept all the same.
    runner.next_tick = (delayMs) => {
      runner.idle = true;
      runner.tick_counter++;
      runner.yield(Math.max(delayMs, this.#toSleep()), runner.tick_counter);
    };
  }

  get isRunning(): boolean {
    return this.#runner.running && !this.#runner.stopping;
  }

  /** Whether the guest is within a slice, waiting for a page. */
  get isInSlice(): boolean {
    return this.#isInSlice;
  }

  start(began?: () => void): void {
    this.#began = began;
    this.#owedMs = 0;
    this.#runner.run();
  }

  /** Stops at once, or at the end of the slice that is suspended. */
  async stop(): Promise<void> {
    if (!this.#runner.running) return;
    this.#runner.stopping = true;
    await this.whenBetweenSlices();
    // It may have been started again meanwhile.
    if (this.#runner.stopping) this.halt();
  }

  /** Resolves when no slice is suspended: at once, unless the guest waits for a page. */
  async whenBetweenSlices(): Promise<void> {
    while (this.#isInSlice) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  throttle(share: Share): void {
    this.#sleepShare = share / (1 - share);
    this.#owedMs = 0;
  }

  /** Stops whatever it is at. */
  halt(): void {
    const runner = this.#runner;
    if (!runner.running) return;
    runner.running = runner.stopping = false;
    // What was planned finds that its time is over.
    runner.tick_counter++;
    runner.bus.send("emulator-stopped");
  }

  #toSleep(): number {
    this.#sleptAt = performance.now();
    return this.#owedMs < SHORTEST_SLEEP_MS ? 0 : this.#owedMs;
  }

  #tick(): void {
    if (!this.isRunning || this.#isInSlice) return;
    const from = performance.now();
    // A slice comes sooner than planned when it had slept long enough only by the clock of a timer.
    this.#owedMs = Math.max(this.#owedMs - (from - this.#sleptAt), -MOST_CREDIT_MS);
    this.#runner.idle = false;
    const began = this.#began;
    this.#began = undefined;
    try {
      began?.();
      this.#isInSlice = true;
      const idle = this.#hooks.slice();
      if (typeof idle === "number") this.#ended(from, idle);
      else idle.then((ms) => this.#ended(from, ms)).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #ended(from: number, idleMs: number): void {
    this.#isInSlice = false;
    if (this.#sleepShare > 0) this.#owedMs += (performance.now() - from) * this.#sleepShare;
    else this.#owedMs = 0;
    this.#release();
    if (this.isRunning) this.#runner.next_tick(idleMs);
  }

  #fail(error: unknown): void {
    this.#isInSlice = false;
    this.#release();
    this.halt();
    this.#hooks.failed(error);
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
