import type { Frame, FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import { encodeMessage, parseMessage, reasonSchema } from "../wire/move-messages.js";
import {
  epochAppliedSchema,
  epochSchema,
  runningSchema,
  unknownSchema,
} from "../wire/ownership-messages.js";
import type { ChannelNumber, WordOfSource, WordOfTarget } from "./ownership.js";

// Words about who has the machine, as frames. Those that carry more than the word (`accept`, `handover`, `ready`)
// are sent by whoever has the rest.

/** Says a word to the target. */
export function sayToTarget(
  frames: FrameStream,
  word: WordOfSource,
  move: { readonly moveId: string; readonly channel: ChannelNumber },
): void {
  switch (word.kind) {
    case "commit":
      frames.send(MOVE_FRAMES.commit);
      return;
    case "abort":
      frames.send(MOVE_FRAMES.abort, [encodeReason(word.reason)]);
      return;
    case "rejoin": {
      const { moveId, channel } = move;
      const body = encodeMessage({ moveId, channel, epoch: word.epoch });
      frames.send(MOVE_FRAMES.rejoin, [body]);
      return;
    }
    case "released":
      frames.send(MOVE_FRAMES.released);
      return;
    case "epoch-applied":
      frames.send(MOVE_FRAMES.epochApplied, [encodeMessage({ epoch: word.epoch })]);
      return;
    case "handover":
      return;
  }
}

/** Says a word to the source. */
export function sayToSource(frames: FrameStream, word: WordOfTarget, stateBytes: number): void {
  switch (word.kind) {
    case "refused":
      frames.send(MOVE_FRAMES.refuse, [encodeReason(word.reason)]);
      return;
    case "gone":
      frames.send(MOVE_FRAMES.gone, [encodeReason(word.reason)]);
      return;
    case "running":
      frames.send(MOVE_FRAMES.running, [encodeMessage({ isWhole: word.isWhole })]);
      return;
    case "unknown":
      frames.send(MOVE_FRAMES.unknown, [encodeMessage({ incarnation: word.incarnation })]);
      return;
    case "epoch": {
      const { epoch, since } = word;
      frames.send(MOVE_FRAMES.epoch, [encodeMessage({ epoch, since, stateBytes })]);
      return;
    }
    case "accept":
    case "ready":
      return;
  }
}

/** What the target says about who has the machine; null when a frame is about something else. @throws WireFormatError */
export function wordOfTarget({ type, body }: Frame): WordOfTarget | null {
  switch (type) {
    case MOVE_FRAMES.refuse:
    case MOVE_FRAMES.abort:
      return { kind: "refused", reason: parseMessage(reasonSchema, body).reason };
    case MOVE_FRAMES.gone:
      return { kind: "gone", reason: parseMessage(reasonSchema, body).reason };
    case MOVE_FRAMES.running:
      return { kind: "running", ...parseMessage(runningSchema, body) };
    case MOVE_FRAMES.unknown:
      return { kind: "unknown", ...parseMessage(unknownSchema, body) };
    case MOVE_FRAMES.epoch: {
      const { epoch, since } = parseMessage(epochSchema, body);
      return { kind: "epoch", epoch, since };
    }
    default:
      return null;
  }
}

/** What the source says about who has the machine, but for `rejoin`, which a channel begins with; null when a frame is about something else. @throws WireFormatError */
export function wordOfSource({ type, body }: Frame): WordOfSource | null {
  switch (type) {
    case MOVE_FRAMES.commit:
      return { kind: "commit" };
    case MOVE_FRAMES.abort:
      return { kind: "abort", reason: parseMessage(reasonSchema, body).reason };
    case MOVE_FRAMES.released:
      return { kind: "released" };
    case MOVE_FRAMES.epochApplied:
      return { kind: "epoch-applied", ...parseMessage(epochAppliedSchema, body) };
    default:
      return null;
  }
}

function encodeReason(reason: string): Uint8Array {
  return encodeMessage({ reason: reason.slice(0, 1024) });
}
