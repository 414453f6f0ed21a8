import { PeerFailedError } from "../errors.js";
import { type Nanoseconds, SECOND } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import type { Clock } from "../world/clock.js";

/**
 * How long a peer may be silent. Compiling a machine's first code and waking its host take seconds, a process
 * that has died is mostly told at once by the system: this is for lines that died.
 */
export const SILENCE_NS: Nanoseconds = 10 * SECOND;
/** Heartbeats in that time. */
const BEATS = 5;

/**
 * Says that this side lives when it has nothing else to say, and cuts a channel on which the other was silent for too long. Clocks
 * of simulations do not beat.
 */
export class Heartbeat {
  readonly #frames: FrameStream;
  readonly #clock: Clock;
  #heardAt: Nanoseconds;
  #beatAt: Nanoseconds;

  constructor(frames: FrameStream, clock: Clock) {
    this.#frames = frames;
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.#beatAt = this.#heardAt;
    const stop = clock.every?.(SILENCE_NS / BEATS, () => this.beat());
    if (stop) void frames.closed.then(stop);
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** Time has passed; also for threads that are blocked, whose timers do not run. */
  beat(): void {
    const now = this.#clock.now();
    // What came while this thread was busy has not been read yet.
    if (now - this.#beatAt > (2 * SILENCE_NS) / BEATS) this.#heardAt = now;
    this.#beatAt = now;
    this.#frames.send(MOVE_FRAMES.heartbeat);
    if (now - this.#heardAt <= SILENCE_NS) return;
    const reason = `nothing was heard for ${SILENCE_NS / SECOND} s`;
    this.#frames.close(new PeerFailedError(this.#frames.peer, reason));
  }
}
