import type { Bytes, BytesPerSecond, Nanoseconds } from "../units.js";
import type { Clock } from "./clock.js";

/**
 * What carries a migration. Times are the clock's; every wait rejects with `LinkFailedError` when the
 * link stays down for longer than its timeout. A rejected transfer has certainly not arrived whole.
 */
export interface Link {
  readonly clock: Clock;
  /** Time for a message there and its answer back. */
  readonly roundTripNs: Nanoseconds;
  /** What the migration would get now, other traffic and loss considered. */
  rate(): BytesPerSecond;
  /** Whole bytes that can leave from now until an instant, at most at rate `cap`. */
  capacityUntil(instant: Nanoseconds, cap: BytesPerSecond): Bytes;
  /** Sends; resolves when the last byte has left. */
  transmit(bytes: Bytes, cap: BytesPerSecond): Promise<void>;
  /** When what leaves at an instant arrives: half a round trip later, or after the outage that comes between. */
  arrivalAt(sentAt: Nanoseconds): Nanoseconds;
  /** Waits until what was sent has arrived. */
  arrive(): Promise<void>;
  /** Sets a rate aside, from now on, for a stream beside the pages (mirrored disk writes). Answers what it gets. */
  reserve(rate: BytesPerSecond): BytesPerSecond;
}
