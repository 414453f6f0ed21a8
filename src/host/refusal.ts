import { InvalidOptionError, isGodwitError, PeerFailedError } from "../errors.js";
import type { Refusal } from "./control-messages.js";

const MOST = 2000;

/** An error in plain values, for another thread or process; errors that are not the caller's are named as ours. */
export function refusalOf(error: unknown): Refusal {
  if (isGodwitError(error, "InvalidOptionError")) {
    const { tag, message, option, value, expected } = error;
    return {
      ...{ type: "refused", tag, message: cut(message), option: cut(option) },
      ...(value === undefined ? {} : { value: cut(String(value)) }),
      expected: cut(expected),
    };
  }
  if (isGodwitError(error, "PeerFailedError")) {
    const { tag, reason, peer } = error;
    return { type: "refused", tag, message: cut(reason), peer: cut(peer) };
  }
  if (isGodwitError(error)) return { type: "refused", tag: error.tag, message: cut(error.message) };
  const message = error instanceof Error ? error.message : String(error);
  return { type: "refused", tag: "bug", message: cut(message) };
}

/**
 * The error at the client.
 *
 * @param peer - The host that refused, for what is not the client's doing and not of another peer.
 */
export function errorOf(refusal: Refusal, peer: string): Error {
  const { tag, message, option, value, expected } = refusal;
  if (tag === "InvalidOptionError" && option !== undefined && expected !== undefined) {
    return new InvalidOptionError(option, value, expected);
  }
  const words = tag === "bug" ? `a bug in godwit at the host: ${message}` : message;
  return new PeerFailedError(refusal.peer ?? peer, words);
}

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}...` : text;
}
