import { isGodwitError, WireFormatError } from "../errors.js";
import type { Machine, PageSource } from "../machine/machine.js";
import { nextTurn } from "../transport/turn.js";
import type { Bytes, PageIndex } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import { type Complete, encodeCount, encodeMessage, encodePages } from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import { encodeAbsent } from "./absent-list.js";
import type { ArrivingMemory } from "./arriving-memory.js";
import { rootOf, sendDigests } from "./memory-digest.js";
import { parseRejoin } from "./received-moves.js";
import { StallTally } from "./stall-tally.js";
import type { TargetOwner } from "./target-owner.js";
import { wordOfSource } from "./words.js";

/** What the guest's faults were while its pages followed it. */
export type PullReport = Complete;

/**
 * For a thread that is blocked: a channel on which the source is back, or how it is known that the source's process has
 * ended; undefined when neither came within the time.
 */
export type RejoinNow = (timeoutMs: number) => FrameStream | { readonly dead: string } | undefined;

/** Frames that are taken in between two slices of a machine that blocks: what may be under way in the pull. */
const MOST_FRAMES = 4;
/** Acknowledgements would delay the page that the thread is blocked for, but the source waits for them beyond this. */
const MOST_OWED: Bytes = 131_072;
/** How long a blocked thread waits before it looks around. */
const LOOK_MS = 1000;

/**
 * The pages that follow a machine which runs here already, over one channel after the other. One piece of code
 * takes frames in, whether it is called between two slices of the machine or from within a fault.
 */
export class FollowingPages implements PageSource {
  readonly #owner: TargetOwner;
  readonly #machine: Machine;
  readonly #memory: ArrivingMemory;
  readonly #clock: Clock;
  readonly #rejoinNow: RejoinNow | undefined;
  readonly #stalls = new StallTally();
  readonly #waiting = new Map<PageIndex, (() => void)[]>();
  /** The page that the thread is blocked for. */
  #blockedFor: PageIndex | null = null;
  /** What the source was told that was taken in. */
  #acknowledged: Bytes;
  #report: PullReport | null = null;

  constructor(
    owner: TargetOwner,
    machine: Machine,
    memory: ArrivingMemory,
    clock: Clock,
    rejoinNow?: RejoinNow,
  ) {
    this.#owner = owner;
    this.#machine = machine;
    this.#memory = memory;
    this.#acknowledged = memory.takenBytes;
    this.#clock = clock;
    this.#rejoinNow = rejoinNow;
  }

  /** From now on the guest's faults come here. */
  expect(): void {
    if (this.#memory.missing > 0) this.#machine.expectPages(this.#memory.absent, this);
  }

  fetchNow(page: PageIndex): void {
    if (!this.#memory.absent.has(page)) return;
    const from = this.#clock.now();
    this.#blockedFor = page;
    this.#ask([page]);
    while (this.#memory.absent.has(page)) {
      const frame = this.#frames.receiveNow(LOOK_MS);
      if (frame === null) this.#awaitRejoinNow();
      else if (frame) this.#hear(frame);
      else this.#owner.heartbeat.beat();
      if (this.#memory.takenBytes - this.#acknowledged >= MOST_OWED) this.#acknowledge();
    }
    this.#blockedFor = null;
    this.#acknowledge();
    this.#stalls.add(this.#clock.now() - from);
  }

  async fetch(page: PageIndex): Promise<void> {
    if (!this.#memory.absent.has(page)) return;
    const from = this.#clock.now();
    this.#ask([page]);
    await new Promise<void>((resolve) => {
      const others = this.#waiting.get(page);
      if (others) others.push(resolve);
      else this.#waiting.set(page, [resolve]);
    });
    this.#stalls.add(this.#clock.now() - from);
  }

  /** Takes in what comes until all pages are here. */
  async arrive(): Promise<PullReport> {
    const follows = this.#memory.missing > 0;
    while (this.#memory.missing > 0) await this.#hearNext(this.#machine.demand === "blocking");
    this.#machine.expectPages(null);
    const { digests } = this.#memory;
    this.#report = { ...this.#stalls.report(), root: digests && rootOf(digests) };
    if (follows) {
      this.#sendReport(this.#frames);
      this.#owner.tell({ kind: "whole" });
    }
    return this.#report;
  }

  /** Answers a source that is not sure that the machine is here, until it has let go. */
  async attend(): Promise<void> {
    const isOpen = ({ state }: TargetOwner) => state.phase === "running" && !state.isReleased;
    while (isOpen(this.#owner)) await this.#hearNext(false);
  }

  /** Says on a new channel which pages are missing, or that none is. */
  describe(frames: FrameStream): void {
    this.#memory.takenBytes = 0;
    this.#acknowledged = 0;
    if (this.#report) this.#sendReport(frames);
    else
      for (const body of encodeAbsent(this.#memory.absent)) frames.send(MOVE_FRAMES.absent, [body]);
  }

  /** Asks anew for what the guest waits for. */
  renewed(): void {
    const pages = [...this.#waiting.keys()];
    if (this.#blockedFor !== null) pages.push(this.#blockedFor);
    this.#ask(pages.filter((page) => this.#memory.absent.has(page)));
  }

  get #frames(): FrameStream {
    return this.#owner.frames;
  }

  #sendReport(frames: FrameStream): void {
    if (this.#report) frames.send(MOVE_FRAMES.complete, [encodeMessage(this.#report)]);
  }

  /** A machine that blocks must find no receive open when it faults, so frames are looked for between its slices. */
  async #hearNext(blocks: boolean): Promise<void> {
    const frames = this.#frames;
    let frame = blocks ? frames.receiveNow(0) : await frames.receive();
    if (frames !== this.#frames) return;
    if (frame) this.#hear(frame);
    for (let more = blocks && frame ? MOST_FRAMES - 1 : 0; more > 0 && frame; more--) {
      if (frames !== this.#frames || this.#memory.missing === 0) break;
      frame = frames.receiveNow(0);
      if (frame) this.#hear(frame);
    }
    this.#acknowledge();
    if (frame === null) {
      this.#owner.cut(frames.loss.message);
      await this.#owner.connected();
    }
    if (blocks) await new Promise<void>(nextTurn);
  }

  /** The channel was cut while the thread is blocked: it waits here, as the guest does. */
  #awaitRejoinNow(): void {
    this.#owner.cut(this.#frames.loss.message);
    if (!this.#rejoinNow) throw this.#frames.loss;
    while (!this.#owner.isConnected) {
      const news = this.#rejoinNow(LOOK_MS);
      if (news && "dead" in news) {
        this.#owner.tell({ kind: "peer-dead", reason: news.dead });
        continue;
      }
      const frame = news?.receiveNow(LOOK_MS);
      if (news && frame) this.#owner.rejoin(news, parseRejoin(frame));
    }
  }

  #acknowledge(): void {
    const { takenBytes } = this.#memory;
    if (takenBytes === this.#acknowledged) return;
    this.#acknowledged = takenBytes;
    this.#frames.send(MOVE_FRAMES.acknowledge, [encodeCount(takenBytes)]);
  }

  #ask(pages: readonly PageIndex[]): void {
    for (const page of pages) this.#frames.send(MOVE_FRAMES.request, [encodePages([page])]);
  }

  /** A channel on which something wrong comes is a channel that is cut. */
  #hear(frame: Frame): void {
    this.#owner.heartbeat.heard();
    try {
      this.#take(frame);
    } catch (error) {
      if (!isGodwitError(error, "WireFormatError")) throw error;
      this.#frames.close(error);
    }
  }

  #take(frame: Frame): void {
    const { type } = frame;
    switch (type) {
      case MOVE_FRAMES.pages:
        this.#memory.store(frame);
        this.#wake();
        return;
      case MOVE_FRAMES.digests:
        this.#prove();
        return;
      case MOVE_FRAMES.heartbeat:
        return;
      default: {
        const word = wordOfSource(frame);
        if (!word) throw new WireFormatError(`a frame ${frameName(type)} while pages follow`, 0);
        this.#owner.hear(word);
      }
    }
  }

  /** The source found that some page differs, and wants to know which. */
  #prove(): void {
    const { digests } = this.#memory;
    if (!this.#report || !digests) throw new WireFormatError("nobody digested the pages", 0);
    sendDigests(this.#frames, digests);
  }

  #wake(): void {
    for (const [page, resolves] of this.#waiting) {
      if (this.#memory.absent.has(page)) continue;
      this.#waiting.delete(page);
      for (const resolve of resolves) resolve();
    }
  }
}
