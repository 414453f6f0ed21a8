import * as v from "valibot";
import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Channel } from "../transport/channel.js";
import type { Bytes } from "../units.js";
import { type Frame, FrameStream } from "./frame.js";
import { SESSION_FRAMES } from "./frame-types.js";
import { decodeJson, encodeJson } from "./json-body.js";

/** The version of the protocol that is spoken here. One that changes what a frame means has another number. */
export const PROTOCOL = 1;

const VERSION = v.pipe(v.string(), v.maxLength(64));
const ID = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

const REQUEST = v.object({
  protocol: v.literal(PROTOCOL),
  version: VERSION,
  purpose: v.picklist(["control", "move", "rejoin"]),
  moveId: v.optional(ID),
  machine: v.optional(
    v.object({
      name: v.pipe(v.string(), v.maxLength(128)),
      kind: v.pipe(v.string(), v.maxLength(64)),
      memoryBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
  from: v.optional(
    v.object({ incarnation: ID, address: v.nullable(v.pipe(v.string(), v.maxLength(1000))) }),
  ),
});
const ANSWER = v.object({
  protocol: v.literal(PROTOCOL),
  version: VERSION,
  incarnation: v.optional(ID),
});
const REFUSAL = v.object({ reason: v.pipe(v.string(), v.maxLength(1000)) });
const ANY_PROTOCOL = v.object({ protocol: v.pipe(v.number(), v.integer()) });

/** What a dialler wants. */
export interface OpenRequest {
  /** Of godwit, for people. */
  readonly version: string;
  /** To command a host, to bring it a machine, or to go on with a move that was cut. */
  readonly purpose: "control" | "move" | "rejoin";
  /** The move that begins, or is gone on with. */
  readonly moveId?: string | undefined;
  /** The machine that it would bring, so that a host can look for room before anything is built. */
  readonly machine?:
    | { readonly name: string; readonly kind: string; readonly memoryBytes: Bytes }
    | undefined;
  /** The host that it comes from: its run, and where it can be dialled. */
  readonly from?: { readonly incarnation: string; readonly address: string | null } | undefined;
}

/** What a listener answers. */
export interface Opened {
  /** Of godwit, for people. */
  readonly version: string;
  /** This run of the host: another one at the same address has another. */
  readonly incarnation?: string | undefined;
}

/**
 * Says what a new channel is for, and waits for the answer. Both directions then count their frames from 0:
 * whoever goes on makes a `FrameStream` of its own.
 *
 * @throws PeerFailedError when the listener refuses; its reason says why. The channel is then closed.
 */
export async function openSession(channel: Channel, request: OpenRequest): Promise<Opened> {
  const frames = new FrameStream(channel);
  frames.send(SESSION_FRAMES.open, [encodeJson({ protocol: PROTOCOL, ...request })]);
  return closingOnError(frames, async () => {
    const { type, body } = await nextOf(frames);
    if (type === SESSION_FRAMES.opened) return decodeJson(body, ANSWER, "the answer to open");
    if (type !== SESSION_FRAMES.refused) throw new WireFormatError("open was not answered", 0);
    const { reason } = decodeJson(body, REFUSAL, "a refusal");
    throw new PeerFailedError(channel.peer, `it refused: ${reason}`);
  });
}

/**
 * What the dialler of a new channel wants; to be answered by {@link answerOpened} or {@link answerRefused}.
 * Another protocol is refused at once.
 *
 * @throws PeerFailedError when it says nothing, WireFormatError when it says nothing sensible; the channel is then closed.
 */
export function readOpen(channel: Channel): Promise<OpenRequest> {
  const frames = new FrameStream(channel);
  return closingOnError(frames, async () => {
    const { type, body } = await nextOf(frames);
    if (type !== SESSION_FRAMES.open) throw new WireFormatError("a session begins with open", 0);
    const { protocol } = decodeJson(body, ANY_PROTOCOL, "open");
    if (protocol !== PROTOCOL) {
      const reason = `protocol ${protocol} is not spoken here, but protocol ${PROTOCOL}`;
      answerRefused(channel, reason);
      throw new PeerFailedError(channel.peer, reason);
    }
    const { protocol: _, ...request } = decodeJson(body, REQUEST, "open");
    return request;
  });
}

/** Takes a session up; its frames are then counted from 0. */
export function answerOpened(channel: Channel, opened: Opened): void {
  const answer = encodeJson({ protocol: PROTOCOL, ...opened });
  new FrameStream(channel).send(SESSION_FRAMES.opened, [answer]);
}

/** Refuses a session, and closes the channel. */
export function answerRefused(channel: Channel, reason: string): void {
  const refusal = encodeJson({ reason: reason.slice(0, 1000) });
  new FrameStream(channel).send(SESSION_FRAMES.refused, [refusal]);
  channel.close();
}

async function nextOf(frames: FrameStream): Promise<Frame> {
  const frame = await frames.receive();
  if (frame === null) throw frames.loss;
  return frame;
}

async function closingOnError<T>(frames: FrameStream, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    frames.close(error as Error);
    throw error;
  }
}
