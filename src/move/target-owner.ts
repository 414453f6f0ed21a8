import type { FrameStream } from "../wire/frame.js";
import type { Clock } from "../world/clock.js";
import { Heartbeat } from "./heartbeat.js";
import type { ChannelNumber, Epoch, Say, WordOfSource, WordOfTarget } from "./ownership.js";
import {
  newTarget,
  stepTarget,
  type TargetEffect,
  type TargetEvent,
  type TargetOwnership,
} from "./target-ownership.js";
import { sayToSource } from "./words.js";

/** What the target does when the rules say so. */
export interface TargetHands {
  /** Destroys the machine that is here. */
  drop(): void;
  /** The source holds everything up to an epoch. */
  settleEpoch(epoch: Epoch): void;
  /** What the source must know before it hears that the machine runs here, on a channel that is new. */
  describe(frames: FrameStream): void;
  /** A channel is new. */
  renewed(): void;
  /** Pages that are missing will never come. */
  reportLost(): void;
}

/** First word of a source that is back. */
export interface Rejoin {
  readonly moveId: string;
  readonly channel: ChannelNumber;
  readonly epoch: Epoch;
}

/** The target's part in who has a machine: what happens goes through the rules, and what they say is done. */
export class TargetOwner {
  /** Bytes of the state of the epoch that is sent next. */
  epochStateBytes = 0;
  #state: TargetOwnership = newTarget();
  #frames: FrameStream;
  #hands: TargetHands | null;
  readonly #clock: Clock;
  #heartbeat: Heartbeat;
  /** Words that wait for the machine's first instruction. */
  #unsaid: Say<WordOfTarget>[] | null = null;
  #rejoined: (() => void)[] = [];

  constructor(frames: FrameStream, hands: TargetHands, clock: Clock) {
    this.#frames = frames;
    this.#hands = hands;
    this.#clock = clock;
    this.#heartbeat = new Heartbeat(frames, clock);
  }

  get state(): TargetOwnership {
    return this.#state;
  }

  /** The channel of the moment. */
  get frames(): FrameStream {
    return this.#frames;
  }

  /** Of that channel. */
  get heartbeat(): Heartbeat {
    return this.#heartbeat;
  }

  get isConnected(): boolean {
    return this.#state.phase === "running" && this.#state.isConnected;
  }

  /** The source has said something. */
  hear(word: WordOfSource): void {
    this.tell({ kind: "heard", channel: this.#state.channel, word });
  }

  /** The channel of the moment is cut. */
  cut(reason: string): void {
    this.tell({ kind: "cut", channel: this.#state.channel, reason });
  }

  /** A source is back, on a channel that is new; one that is older than the last is closed. */
  rejoin(frames: FrameStream, { channel, epoch }: Rejoin): void {
    if (channel <= this.#state.channel) {
      frames.close();
      return;
    }
    const last = this.#frames;
    this.#frames = frames;
    this.#heartbeat = new Heartbeat(frames, this.#clock);
    this.#hands?.describe(frames);
    this.tell({ kind: "heard", channel, word: { kind: "rejoin", epoch } });
    last.close();
    this.#hands?.renewed();
    for (const resolve of this.#rejoined.splice(0)) resolve();
  }

  /** Resolves when the source is back, and at once when it is there. */
  async connected(): Promise<void> {
    if (this.isConnected) return;
    await new Promise<void>((resolve) => this.#rejoined.push(resolve));
  }

  /** The machine's first instruction is next: what waited for it is said. */
  begun(): void {
    const unsaid = this.#unsaid ?? [];
    this.#unsaid = null;
    for (const say of unsaid) this.#say(say);
  }

  tell(event: TargetEvent): void {
    const { state, effects } = stepTarget(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    if (state.phase === "refused" || state.phase === "gone") {
      // Only the answer is kept, for whoever asks.
      this.#hands = null;
      this.#frames.close();
    }
  }

  #do(effect: TargetEffect): void {
    switch (effect.kind) {
      case "say":
        this.#say(effect);
        return;
      case "close":
        if (effect.channel === this.#state.channel) this.#frames.close();
        return;
      case "run":
        this.#unsaid = [];
        return;
      case "drop":
        this.#unsaid = null;
        this.#hands?.drop();
        return;
      case "settle-epoch":
        this.#hands?.settleEpoch(effect.epoch);
        return;
      case "report-lost":
        this.#hands?.reportLost();
        return;
      case "prove":
        // Whoever hears the handover proves it.
        return;
    }
  }

  #say(say: Say<WordOfTarget>): void {
    if (say.channel !== this.#state.channel) return;
    if (this.#unsaid) this.#unsaid.push(say);
    else sayToSource(this.#frames, say.word, this.epochStateBytes);
  }
}
