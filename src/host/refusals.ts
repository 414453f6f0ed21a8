import type { Milliseconds } from "../units.js";
import { isRefused } from "./dial.js";

/** A socket that refuses connections for so long has nobody behind it any more. */
const GRACE: Milliseconds = 3000;

/** What dialling a peer came to, time after time: one that only ever refuses has ended. */
export class Refusals {
  #since: Milliseconds | null = null;

  /** The peer answered. */
  forget(): void {
    this.#since = null;
  }

  /** Dialling failed; answers whether it is proved by now that the peer's process has ended. */
  prove(error: unknown): boolean {
    // Whatever else went wrong, such as a network that is down, proves nothing.
    if (!isRefused(error)) this.#since = null;
    else this.#since ??= performance.now();
    return this.#since !== null && performance.now() - this.#since >= GRACE;
  }
}
