import { InvalidOptionError, WireFormatError } from "../errors.js";
import { randomName } from "../transport/random-name.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import { parseMessage } from "../wire/move-messages.js";
import { rejoinSchema } from "../wire/ownership-messages.js";
import type { Rejoin, TargetOwner } from "./target-owner.js";
import { sayToSource } from "./words.js";

/**
 * What a process remembers of the moves to it, so that a source that lost its channel can ask. A move is
 * remembered as long as the process lives: a source that is told that it is not known takes the machine for lost.
 */
export class ReceivedMoves {
  /** Names this life of the process; random. */
  readonly incarnation: string;
  readonly #moves = new Map<string, Pick<TargetOwner, "rejoin">>();

  /** @param incarnation - Another thread's of the same process, where several take machines in. */
  constructor(incarnation: string = randomName()) {
    this.incarnation = incarnation;
  }

  /** Remembers a move. @throws InvalidOptionError when there was one of that name. */
  add(moveId: string, move: Pick<TargetOwner, "rejoin">): void {
    if (this.#moves.has(moveId)) {
      throw new InvalidOptionError("moveId", moveId, "a name that no move had before");
    }
    this.#moves.set(moveId, move);
  }

  /** Whether there was a move of that name. */
  has(moveId: string): boolean {
    return this.#moves.has(moveId);
  }

  /** A source is back, or dialled the wrong process: its first frame is waited for, and it gets an answer. */
  async rejoin(frames: FrameStream): Promise<void> {
    const frame = await frames.receive();
    if (frame === null) return;
    try {
      this.answer(frames, parseRejoin(frame));
    } catch (error) {
      frames.close(error as Error);
    }
  }

  /** As {@link ReceivedMoves.rejoin}, for a first frame that was read already. */
  answer(frames: FrameStream, rejoin: Rejoin): void {
    const move = this.#moves.get(rejoin.moveId);
    if (move) {
      move.rejoin(frames, rejoin);
      return;
    }
    sayToSource(frames, { kind: "unknown", incarnation: this.incarnation }, 0);
    frames.close();
  }
}

/** The first frame of a source that is back. @throws WireFormatError */
export function parseRejoin({ type, body }: Frame): Rejoin {
  if (type === MOVE_FRAMES.rejoin) return parseMessage(rejoinSchema, body);
  throw new WireFormatError(`${frameName(type)} where a source should say that it is back`, 0);
}
