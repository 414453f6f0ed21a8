import type { Bytes } from "../units.js";

/** What a channel needs of a message port: those of browsers and of Node's worker_threads have it. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(
    type: "message" | "messageerror" | "close",
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
  start(): void;
  close(): void;
}

/** The end of a connection, as a message says it; a reason where it failed. */
export interface EndMessage {
  readonly end: string | null;
}

/** Reads an {@link EndMessage}; null when it is none. */
export function endOf(message: unknown): EndMessage | null {
  if (typeof message !== "object" || message === null || !("end" in message)) return null;
  const { end } = message;
  return { end: typeof end === "string" ? end.slice(0, 1000) : null };
}

/** Whether a message is a number of bytes that were taken. */
export function isCount(message: unknown): message is Bytes {
  return Number.isSafeInteger(message) && (message as Bytes) >= 0;
}
