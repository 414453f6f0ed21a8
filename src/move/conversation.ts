import { LinkFailedError, PeerFailedError, WireFormatError } from "../errors.js";
import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Machine } from "../machine/machine.js";
import type { PageCount, PageIndex } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { type FrameType, frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import { parseCount, parsePages } from "../wire/move-messages.js";
import { decodeAbsent } from "./absent-list.js";
import type { ChannelLink } from "./channel-link.js";
import { EpochKeeper } from "./epoch-keeper.js";
import { Heartbeat } from "./heartbeat.js";
import type { WordOfTarget } from "./ownership.js";
import { wordOfTarget } from "./words.js";

/** Most requests that may wait to be answered. */
const MAX_WAITING_REQUESTS = 2 ** 20;

/** Who hears what the target says about who has the machine. */
export interface WordListener {
  heard(word: WordOfTarget): void;
  /** The channel has failed. */
  cut(reason: string): void;
}

/** What the source hears from the target, while it speaks to it; over one channel after the other. */
export class Conversation {
  readonly link: ChannelLink;
  /** Later states of the machine, that the target sends while pages are missing there. */
  readonly epochs: EpochKeeper;
  /** Pages that the target says it lacks, since it was asked last. */
  readonly lacking: DirtyBitmap;
  #frames: FrameStream;
  #listener: WordListener | null = null;
  /** Pages asked for and not yet dealt with. */
  readonly requests: PageIndex[] = [];
  readonly #pageCount: PageCount;
  #expected: Expectation | null = null;
  #heard: Frame | null = null;
  #failure: Error | null = null;

  constructor(frames: FrameStream, link: ChannelLink, machine: Machine) {
    this.#frames = frames;
    this.link = link;
    this.#pageCount = machine.memory.pageCount;
    this.epochs = new EpochKeeper(machine);
    this.lacking = new DirtyBitmap(this.#pageCount);
    void this.#listen(frames);
  }

  /** The channel of the moment. */
  get frames(): FrameStream {
    return this.#frames;
  }

  /** From the commit on, words about who has the machine are for somebody else to judge. */
  listen(listener: WordListener): void {
    this.#listener = listener;
    if (this.#failure) listener.cut(this.#failure.message);
  }

  /** Whoever waits for the target need not any more; too late once it was told to run the machine. */
  interrupt(why: Error): void {
    if (!this.#listener) this.#fail(why);
  }

  /** Goes on over a new channel, as if nothing had been sent. */
  renew(frames: FrameStream): void {
    this.#frames = frames;
    this.#failure = null;
    this.#heard = null;
    this.requests.length = 0;
    this.lacking.clearAll();
    this.epochs.renew();
    this.link.renew();
    void this.#listen(frames);
  }

  /** Why nothing more can be said; null while it can. */
  get failure(): Error | null {
    return this.#failure;
  }

  /**
   * The body of the next answer, which has to be of a type.
   *
   * @throws PeerFailedError when the target refuses or gives up; LinkFailedError, WireFormatError when the channel failed.
   */
  expect(type: FrameType): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#expected = { type, resolve, reject };
      const heard = this.#heard;
      this.#heard = null;
      if (heard) this.#answer(heard);
      else if (this.#failure) reject(this.#failure);
    });
  }

  /** Resolves when a page is asked for or something was taken in; rejects when the conversation ends. */
  news(): Promise<void> {
    return this.link.news();
  }

  async #listen(frames: FrameStream): Promise<void> {
    const heartbeat = new Heartbeat(frames, this.link.clock);
    try {
      for (;;) {
        const frame = await frames.receive();
        if (frames !== this.#frames) return;
        if (frame === null) break;
        heartbeat.heard();
        this.#hear(frame);
        if (this.#failure) return;
      }
      this.#fail(this.#loss(frames));
    } catch (error) {
      frames.close(error as Error);
      this.#fail(error as Error);
    }
  }

  #loss(frames: FrameStream): Error {
    const { failure, peer } = frames;
    if (failure instanceof WireFormatError) return failure;
    const why = failure ? failure.message : `${peer} closed the connection`;
    return new LinkFailedError(`the connection was lost: ${why}`, this.link.clock.now());
  }

  #hear(frame: Frame): void {
    switch (frame.type) {
      case MOVE_FRAMES.acknowledge:
        if (!this.link.taken(parseCount(frame.body))) {
          throw new WireFormatError("more was acknowledged than was sent", 0);
        }
        return;
      case MOVE_FRAMES.request:
        this.requests.push(...parsePages(frame.body, this.#pageCount));
        if (this.requests.length > MAX_WAITING_REQUESTS) {
          throw new WireFormatError("too many pages are asked for", 0);
        }
        this.link.tell();
        return;
      case MOVE_FRAMES.heartbeat:
        return;
      case MOVE_FRAMES.absent:
        decodeAbsent(frame.body, this.lacking);
        return;
      case MOVE_FRAMES.pages:
        this.epochs.takePages(frame.body);
        return;
      case MOVE_FRAMES.statePages:
        this.epochs.takeState(frame.body);
        return;
      case MOVE_FRAMES.epoch:
        this.epochs.complete(frame.body);
        this.#hearWord(frame);
        return;
      default:
        this.#hearWord(frame);
    }
  }

  #hearWord(frame: Frame): void {
    const word = wordOfTarget(frame);
    if (word === null) this.#answer(frame);
    else if (this.#listener) this.#listener.heard(word);
    else if (word.kind !== "refused" && word.kind !== "gone") throw unexpected(frame);
    else this.#fail(new PeerFailedError(this.#frames.peer, word.reason));
  }

  #answer(frame: Frame): void {
    const expected = this.#expected;
    if (expected === null) {
      if (this.#heard) throw unexpected(frame);
      // It may be heard before it is waited for; the next frame would overwrite its bytes.
      this.#heard = { ...frame, body: frame.body.slice() };
      return;
    }
    if (expected.type !== frame.type) throw unexpected(frame);
    this.#expected = null;
    expected.resolve(frame.body.slice());
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.link.fail(this.#failure);
    this.#expected?.reject(this.#failure);
    this.#expected = null;
    this.#listener?.cut(this.#failure.message);
  }
}

interface Expectation {
  readonly type: FrameType;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

function unexpected({ type }: Frame): WireFormatError {
  return new WireFormatError(`nobody waits for a frame ${frameName(type)}`, 0);
}
