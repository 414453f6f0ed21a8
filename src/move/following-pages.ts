import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Machine, PageSource } from "../machine/machine.js";
import { nextTurn } from "../transport/turn.js";
import type { PageIndex } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import {
  type Complete,
  encodeCount,
  encodeMessage,
  encodePages,
  parseMessage,
  reasonSchema,
} from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import type { ArrivingMemory } from "./arriving-memory.js";
import { rootOf, sendDigests } from "./memory-digest.js";
import { StallTally } from "./stall-tally.js";

/** What the guest's faults were while its pages followed it. */
export type PullReport = Complete;

/** How long a blocked thread waits before it looks around. */
const LOOK_MS = 1000;

/**
 * The pages that follow a machine which runs here already. One piece of code takes frames in, whether it is
 * called between two slices of the machine or from within a fault.
 */
export class FollowingPages implements PageSource {
  readonly #frames: FrameStream;
  readonly #machine: Machine;
  readonly #memory: ArrivingMemory;
  readonly #clock: Clock;
  readonly #stalls = new StallTally();
  readonly #waiting = new Map<PageIndex, (() => void)[]>();

  constructor(frames: FrameStream, machine: Machine, memory: ArrivingMemory, clock: Clock) {
    this.#frames = frames;
    this.#machine = machine;
    this.#memory = memory;
    this.#clock = clock;
  }

  /** From now on the guest's faults come here. */
  expect(): void {
    if (this.#memory.missing > 0) this.#machine.expectPages(this.#memory.absent, this);
  }

  fetchNow(page: PageIndex): void {
    if (!this.#memory.absent.has(page)) return;
    const from = this.#clock.now();
    this.#ask(page);
    while (this.#memory.absent.has(page)) {
      const frame = this.#frames.receiveNow(LOOK_MS);
      if (frame === null) throw this.#frames.loss;
      if (frame) this.#hear(frame);
    }
    this.#stalls.add(this.#clock.now() - from);
  }

  async fetch(page: PageIndex): Promise<void> {
    if (!this.#memory.absent.has(page)) return;
    const from = this.#clock.now();
    this.#ask(page);
    await new Promise<void>((resolve) => {
      const others = this.#waiting.get(page);
      if (others) others.push(resolve);
      else this.#waiting.set(page, [resolve]);
    });
    this.#stalls.add(this.#clock.now() - from);
  }

  /** Takes in what comes until all pages are there and the source has let go. */
  async arrive(): Promise<PullReport> {
    while (this.#memory.missing > 0) await this.#hearNext();
    this.#machine.expectPages(null);
    const { digests } = this.#memory;
    const report = { ...this.#stalls.report(), root: digests && rootOf(digests) };
    this.#frames.send(MOVE_FRAMES.complete, [encodeMessage(report)]);
    await this.#takeLeave();
    return report;
  }

  /** All is here; the source may still ask for proof, and then lets go. */
  async #takeLeave(): Promise<void> {
    for (;;) {
      const frame = await this.#frames.receive();
      if (frame === null || frame.type === MOVE_FRAMES.released) break;
      const { digests } = this.#memory;
      if (frame.type === MOVE_FRAMES.digests && digests) sendDigests(this.#frames, digests);
      else this.#hear(frame);
    }
    this.#frames.close();
  }

  /** A machine that blocks must find no receive open when it faults, so frames are looked for between its slices. */
  async #hearNext(): Promise<void> {
    if (this.#machine.demand === "blocking") {
      const frame = this.#frames.receiveNow(0);
      if (frame === null) throw this.#frames.loss;
      if (frame) this.#hear(frame);
      await new Promise<void>(nextTurn);
      return;
    }
    const frame = await this.#frames.receive();
    if (frame === null) throw this.#frames.loss;
    this.#hear(frame);
  }

  #ask(page: PageIndex): void {
    this.#frames.send(MOVE_FRAMES.request, [encodePages([page])]);
  }

  #hear({ type, body }: Frame): void {
    switch (type) {
      case MOVE_FRAMES.pages:
        this.#memory.store(body);
        this.#frames.send(MOVE_FRAMES.acknowledge, [encodeCount(this.#memory.takenBytes)]);
        this.#wake();
        return;
      case MOVE_FRAMES.heartbeat:
        return;
      case MOVE_FRAMES.abort:
        throw new PeerFailedError(this.#frames.peer, parseMessage(reasonSchema, body).reason);
      default:
        throw new WireFormatError(`a frame ${frameName(type)} while pages follow`, 0);
    }
  }

  #wake(): void {
    for (const [page, resolves] of this.#waiting) {
      if (this.#memory.absent.has(page)) continue;
      this.#waiting.delete(page);
      for (const resolve of resolves) resolve();
    }
  }
}
