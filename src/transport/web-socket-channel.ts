import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { Channel } from "./channel.js";
import { WindowChannel } from "./window-channel.js";

/** Most bytes of one message, so that no peer makes the other keep more before it is checked. */
export const MESSAGE_BYTES: Bytes = 64 * 1024;

/** Of a WebSocket's close: all is well, and something is wrong. */
const [NORMAL, CUT] = [1000, 4000];

/** What a channel needs of a WebSocket: those of browsers and of `ws` have it. */
export interface WebSocketLike {
  binaryType: string;
  send(message: Uint8Array<ArrayBuffer> | string): void;
  close(code: number): void;
  addEventListener(
    type: "message" | "close" | "error",
    listener: (event: { readonly data?: unknown; readonly code?: number }) => void,
  ): void;
}

/**
 * A channel over a WebSocket that is open. Binary messages are pieces of the stream of frames, text messages
 * are numbers: bytes that were taken. So a page too can hold the sender back.
 */
export function webSocketChannel(socket: WebSocketLike, peer: string): Channel {
  socket.binaryType = "arraybuffer";
  const line = {
    write: (bytes: Uint8Array) => socket.send(bytes as Uint8Array<ArrayBuffer>),
    acknowledge: (bytes: Bytes) => socket.send(String(bytes)),
    end: (isFailure: boolean) => socket.close(isFailure ? CUT : NORMAL),
  };
  const channel = new WindowChannel(peer, line, MESSAGE_BYTES);
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) channel.takeBytes(new Uint8Array(data));
    else if (typeof data === "string") channel.takeAcknowledgement(Number(data.slice(0, 20)));
    else channel.close(new WireFormatError("a message of another kind", -1));
  });
  // Why, says the close that follows.
  socket.addEventListener("error", () => {});
  socket.addEventListener("close", ({ code }) => {
    channel.takeEnd(code === NORMAL ? null : reasonOf(code));
  });
  return channel;
}

function reasonOf(code: number | undefined): string {
  return code === CUT || code === 1006 ? "it cut the connection" : `its WebSocket closed (${code})`;
}
