import { PeerFailedError } from "../src/errors.js";
import type { Channel } from "../src/transport/channel.js";
import { memoryChannels } from "../src/transport/memory-channel.js";
import { joined, lengthOf } from "../src/transport/parts.js";
import type { Random } from "../src/world/random.js";

/** What a network does to a channel, once. */
export const TROUBLES = ["cut", "corrupt", "duplicate", "reorder", "lose", "silence"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** A trouble, and before which frame of one end it comes, counted over all channels of the network. */
export interface Misfortune {
  readonly trouble: Trouble;
  readonly atFrame: number;
}

/** Channels between two parties that live in this thread; frames are late by a few turns, and worse. */
export class FaultyNetwork {
  /** Frames that were sent over it. */
  frames = 0;
  readonly #random: Random;
  readonly #misfortunes: readonly Misfortune[];
  readonly #onFrame: (frame: number) => void;
  readonly #ends = new Map<string, FaultyChannel[]>();
  readonly #dead = new Set<string>();

  /** @param onFrame - Hears of every frame before it is sent. */
  constructor(
    random: Random,
    misfortunes: readonly Misfortune[],
    onFrame: (frame: number) => void = () => {},
  ) {
    this.#random = random;
    this.#misfortunes = misfortunes;
    this.#onFrame = onFrame;
  }

  /** Connects two parties. @throws PeerFailedError when the one that is dialled is dead. */
  connect(dialler: string, listener: string): readonly [Channel, Channel] {
    if (this.#dead.has(listener)) throw new PeerFailedError(listener, "connection refused");
    const { a, b } = memoryChannels((run) => this.later(this.#random.nextBelow(3), run));
    const pair = { isSilent: false };
    const ends = [new FaultyChannel(a, this, pair), new FaultyChannel(b, this, pair)] as const;
    this.#endsOf(dialler).push(ends[0]);
    this.#endsOf(listener).push(ends[1]);
    return ends;
  }

  /** A party's process ends: nothing that it does is seen any more, its peers see their channels cut. */
  kill(party: string): void {
    this.#dead.add(party);
    for (const end of this.#endsOf(party)) end.die();
  }

  /** What befalls the next frame. */
  next(): Trouble | null {
    this.#onFrame(this.frames);
    const { frames } = this;
    this.frames += 1;
    return this.#misfortunes.find(({ atFrame }) => atFrame === frames)?.trouble ?? null;
  }

  /** Flips a bit of a frame. */
  corrupt(frame: Uint8Array): void {
    const at = this.#random.nextBelow(frame.length);
    frame[at] = (frame[at] as number) ^ (1 << this.#random.nextBelow(8));
  }

  later(turns: number, run: () => void): void {
    setImmediate(() => (turns === 0 ? run() : this.later(turns - 1, run)));
  }

  #endsOf(party: string): FaultyChannel[] {
    const ends = this.#ends.get(party) ?? [];
    this.#ends.set(party, ends);
    return ends;
  }
}

/** One end of a channel of the network. */
class FaultyChannel implements Channel {
  readonly #inner: Channel;
  readonly #network: FaultyNetwork;
  readonly #pair: { isSilent: boolean };
  #isDead = false;
  /** Goes after the next. */
  #held: Uint8Array | null = null;

  constructor(inner: Channel, network: FaultyNetwork, pair: { isSilent: boolean }) {
    this.#inner = inner;
    this.#network = network;
    this.#pair = pair;
  }

  get peer(): string {
    return this.#inner.peer;
  }

  get frameLimit(): number {
    return this.#inner.frameLimit;
  }

  set frameLimit(bytes: number) {
    this.#inner.frameLimit = bytes;
  }

  get buffered(): number {
    return this.#inner.buffered;
  }

  get failure(): Error | undefined {
    return this.#inner.failure;
  }

  get closed(): Promise<void> {
    return this.#isDead ? NEVER : this.#inner.closed.then(() => (this.#isDead ? NEVER : undefined));
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#isDead) return;
    const frame = joined(parts, lengthOf(parts));
    const trouble = this.#network.next();
    if (this.#isDead) return;
    if (trouble === "silence") this.#pair.isSilent = true;
    if (trouble === "cut") this.#inner.close(new PeerFailedError(this.peer, "connection reset"));
    // What comes late or never is noticed sooner or later.
    if (trouble !== null) this.#network.later(SILENCE_TURNS, () => this.#giveUp());
    if (trouble === "lose" || this.#pair.isSilent) return;
    if (trouble === "corrupt") this.#network.corrupt(frame);
    if (trouble === "reorder" && this.#held === null) {
      this.#held = frame;
      return;
    }
    this.#inner.send([frame]);
    if (trouble === "duplicate") this.#inner.send([frame]);
    if (this.#held) this.#inner.send([this.#held]);
    this.#held = null;
  }

  drained(bytes: number): Promise<void> {
    return this.#inner.drained(bytes).then(() => (this.#isDead ? NEVER : undefined));
  }

  async receive(): Promise<Uint8Array | null> {
    const frame = await this.#inner.receive();
    return this.#isDead ? NEVER : frame;
  }

  close(failure?: Error): void {
    if (!this.#isDead) this.#inner.close(failure);
  }

  #giveUp(): void {
    if (!this.#isDead) this.#inner.close(new PeerFailedError(this.peer, "silent for too long"));
  }

  /** The process at this end is gone: the other end hears of it, this one of nothing. */
  die(): void {
    this.#isDead = true;
    this.#inner.close(new PeerFailedError(this.peer, "the process ended"));
  }
}

/** After so many turns of the event loop a channel on which something went wrong is given up. */
const SILENCE_TURNS = 200;

const NEVER = new Promise<never>(() => {});
