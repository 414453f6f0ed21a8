import { InvalidOptionError } from "../../errors.js";
import type { Milliseconds, Share } from "../../units.js";

/** How long a machine works before the thread may do something else. */
const SLICE_MS: Milliseconds = 1;
/** Timers are no finer. */
const TIMER_MS: Milliseconds = 1;
const MAX_SHARE: Share = 0.99;

/** What a step says: 0, go on; more, sleep so many milliseconds; less, it is over. */
export type StepResult = number;

/**
 * Runs steps in slices of a millisecond, and between them yields to the thread's event loop. A step is
 * called without an interruption, or answers a promise when it has to wait for something in its middle.
 */
export class Slices {
  readonly #step: () => StepResult | Promise<StepResult>;
  #isOn = false;
  /** Which start or stop was the last: what was planned before it is void. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #share: Share = 0;
  /** Time that the throttle has yet to take. */
  #owedMs: Milliseconds = 0;
  /** The slice that waits for something. */
  #waiting: Promise<void> | null = null;

  constructor(step: () => StepResult | Promise<StepResult>) {
    this.#step = step;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  throttle(share: Share): void {
    if (!(share >= 0 && share <= MAX_SHARE)) {
      throw new InvalidOptionError("share", share, `0 to ${MAX_SHARE}`);
    }
    this.#share = share;
    this.#owedMs = 0;
  }

  /** Resolves when it has begun; a stop before that is kept too. */
  async start(began?: () => void): Promise<void> {
    if (this.#isOn) return;
    this.#isOn = true;
    const turn = ++this.#turn;
    // A step that was stopped in its middle is finished first.
    await this.#waiting;
    await new Promise<void>((resolve, reject) => {
      soon(() => {
        resolve();
        if (turn !== this.#turn) return;
        try {
          began?.();
        } catch (error) {
          this.#isOn = false;
          reject(error);
          return;
        }
        this.#slice();
      });
    });
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    this.#turn++;
    clearTimeout(this.#timer);
    await this.#waiting;
  }

  /** Ends a sleep early, and lets a machine that is over have one more turn. */
  wake(): void {
    if (!this.#isOn || this.#waiting) return;
    clearTimeout(this.#timer);
    this.#soonAgain();
  }

  #slice(): void {
    const start = performance.now();
    for (;;) {
      const result = this.#step();
      if (typeof result !== "number") {
        this.#waiting = result.then((late) => {
          this.#waiting = null;
          this.#plan(late, start);
        });
        return;
      }
      if (result !== 0 || !this.#isOn || performance.now() - start >= SLICE_MS) {
        this.#plan(result, start);
        return;
      }
    }
  }

  /** When the next slice is, after one that began at `start`. */
  #plan(result: StepResult, start: Milliseconds): void {
    if (result < 0 || !this.#isOn) return;
    const now = performance.now();
    this.#owedMs += ((now - start) * this.#share) / (1 - this.#share);
    const delay = Math.max(result, this.#owedMs);
    if (delay < TIMER_MS) {
      this.#soonAgain();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#owedMs = Math.max(0, this.#owedMs - (performance.now() - now));
      this.#slice();
    }, delay);
  }

  #soonAgain(): void {
    const turn = ++this.#turn;
    soon(() => {
      if (turn === this.#turn) this.#slice();
    });
  }
}

/** Calls back as soon as the event loop has had its turn; timers would take milliseconds. */
const soon: (action: () => void) => void =
  typeof setImmediate === "function" ? (action) => setImmediate(action) : messageLoop();

/** Browsers have no `setImmediate`; a message to oneself is as quick. */
function messageLoop(): (action: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const actions: (() => void)[] = [];
  port1.onmessage = () => actions.shift()?.();
  return (action) => {
    actions.push(action);
    port2.postMessage(null);
  };
}
