import { PeerFailedError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { Channel } from "./channel.js";

/** What may wait at the far side before no more is taken from the near one. */
const FULL_BYTES: Bytes = 4 * 2 ** 20;

/**
 * Passes frames from each channel to the other, as fast as the slower one takes them, until either closes; then
 * the other is closed too, after what was under way, and with a failure if the first one failed.
 *
 * @returns Resolves when both are closed.
 */
export async function bridge(a: Channel, b: Channel): Promise<void> {
  await Promise.all([pass(a, b), pass(b, a)]);
}

async function pass(from: Channel, to: Channel): Promise<void> {
  for (let frame = await from.receive(); frame !== null; frame = await from.receive()) {
    to.send([frame]);
    if (to.buffered >= FULL_BYTES) await to.drained(FULL_BYTES);
  }
  const { failure: cause } = from;
  to.close(cause && new PeerFailedError(from.peer, cause.message, { cause }));
}
