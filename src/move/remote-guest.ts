import { isGodwitError } from "../errors.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { DistantFaults, DistantGuest } from "../machine/sides.js";
import {
  type Bytes,
  type BytesPerSecond,
  MILLISECOND,
  type Nanoseconds,
  type PageCount,
  type PageIndex,
  SECOND,
} from "../units.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import { completeSchema, parseMessage } from "../wire/move-messages.js";
import type { Conversation } from "./conversation.js";
import { countDiffering } from "./differing-pages.js";
import { rootOf } from "./memory-digest.js";
import type { MovingMemory } from "./moving-memory.js";
import type { SourceOwner } from "./source-owner.js";

/** A piece of the active push: sixteen pages. */
const PIECE_BYTES: Bytes = 65_536;
/** At least so much may be under way during the pull; what a round trip holds may be more. */
const LEAST_WINDOW: Bytes = 4 * PIECE_BYTES;
/** A guest that has asked is likely to ask again: so long less is under way before what it asks for. */
const ASKING_NS: Nanoseconds = 20 * MILLISECOND;

/** The guest at the target while its pages follow it. */
export class RemoteGuest implements DistantGuest {
  readonly kind = "distant";
  readonly pieceBytes: Bytes = PIECE_BYTES;
  readonly #conversation: Conversation;
  #askedAt: Nanoseconds = Number.NEGATIVE_INFINITY;
  readonly #owner: SourceOwner;
  readonly #memory: MovingMemory;

  constructor(conversation: Conversation, owner: SourceOwner, memory: MovingMemory) {
    this.#conversation = conversation;
    this.#owner = owner;
    this.#memory = memory;
  }

  takeRequests(): readonly PageIndex[] {
    const pages = this.#conversation.requests.splice(0);
    if (pages.length > 0) this.#askedAt = this.#conversation.link.clock.now();
    return pages;
  }

  async turn(cap: BytesPerSecond): Promise<void> {
    const { requests, link } = this.#conversation;
    const { clock, roundTripNs } = link;
    const isAsking = clock.now() - this.#askedAt < ASKING_NS;
    const least = isAsking ? PIECE_BYTES : LEAST_WINDOW;
    const window = Math.max(least, (link.rate() * roundTripNs) / SECOND);
    await link.breathe();
    while (requests.length === 0) {
      const opensAt = link.opensAt(cap);
      if (opensAt <= clock.now() && link.underWay + PIECE_BYTES <= window) return;
      const news = this.#conversation.news();
      await (opensAt > clock.now() ? Promise.race([news, clock.sleepUntil(opensAt)]) : news);
    }
  }

  async rejoin(failure: unknown, lacking: DirtyBitmap): Promise<PageCount> {
    if (!isGodwitError(failure, "LinkFailedError", "WireFormatError")) throw failure;
    // The target may have had its last page before the channel went.
    if (!this.#owner.isReleased) await this.#owner.rejoined(failure);
    lacking.copyFrom(this.#conversation.lacking);
    return lacking.count();
  }

  async complete(): Promise<DistantFaults> {
    const heard = this.#conversation.expect(MOVE_FRAMES.complete);
    const body = this.#owner.isReleased ? await heard.catch(() => null) : await heard;
    if (body === null) return NO_FAULTS;
    const { root, ...faults } = parseMessage(completeSchema, body);
    const { sentDigests } = this.#memory;
    if (sentDigests === null || root === null) return { ...faults, differing: null };
    const isEqual = root === rootOf(sentDigests);
    const differing = isEqual ? 0 : await countDiffering(this.#conversation, sentDigests);
    return { ...faults, differing };
  }
}

/** Of a guest whose last page was there before it could tell. */
const NO_FAULTS: DistantFaults = {
  faults: 0,
  networkFaults: 0,
  stallMs: 0,
  medianStallMs: 0,
  maxStallMs: 0,
  differing: null,
};
