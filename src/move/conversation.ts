import { LinkFailedError, PeerFailedError, WireFormatError } from "../errors.js";
import type { PageCount, PageIndex } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { type FrameType, frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import { parseCount, parseMessage, parsePages, reasonSchema } from "../wire/move-messages.js";
import type { ChannelLink } from "./channel-link.js";

/** Most requests that may wait to be answered. */
const MAX_WAITING_REQUESTS = 2 ** 20;

/** What the source hears from the target, while it speaks to it. */
export class Conversation {
  readonly frames: FrameStream;
  readonly link: ChannelLink;
  /** Pages asked for and not yet dealt with. */
  readonly requests: PageIndex[] = [];
  readonly #pageCount: PageCount;
  #expected: Expectation | null = null;
  #heard: Frame | null = null;
  #failure: Error | null = null;

  constructor(frames: FrameStream, link: ChannelLink, pageCount: PageCount) {
    this.frames = frames;
    this.link = link;
    this.#pageCount = pageCount;
    void this.#listen();
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
      if (this.#failure) reject(this.#failure);
      else if (heard) this.#answer(heard);
    });
  }

  /** Resolves when a page is asked for or something was taken in; rejects when the conversation ends. */
  news(): Promise<void> {
    return this.link.news();
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.frames.receive();
        if (frame === null) break;
        this.#hear(frame);
        if (this.#failure) return;
      }
      this.#fail(this.#loss());
    } catch (error) {
      this.frames.close(error as Error);
      this.#fail(error as Error);
    }
  }

  #loss(): Error {
    const { failure, peer } = this.frames;
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
      case MOVE_FRAMES.refuse:
      case MOVE_FRAMES.abort: {
        const { reason } = parseMessage(reasonSchema, frame.body);
        this.#fail(new PeerFailedError(this.frames.peer, reason));
        return;
      }
      default:
        this.#answer(frame);
    }
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
