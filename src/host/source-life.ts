import { setTimeout as sleep } from "node:timers/promises";
import type { Milliseconds } from "../units.js";
import type { OpenRequest } from "../wire/open.js";
import type { Credentials } from "./credentials.js";
import { askIncarnation } from "./dial.js";
import { Refusals } from "./refusals.js";

const LOOK_EVERY: Milliseconds = 500;

/**
 * Whether the process that a machine comes from still lives. Its address is believed only if the same process answered
 * there while it was known to live: what is written in a message may be another computer's idea of "localhost".
 */
export class SourceLife {
  readonly #from: OpenRequest["from"];
  readonly #credentials: Credentials;
  readonly #isBelieved: Promise<boolean>;

  constructor(from: OpenRequest["from"], credentials: Credentials) {
    this.#from = from;
    this.#credentials = credentials;
    this.#isBelieved = this.#ask().then(
      (answered) => answered !== undefined && answered === from?.incarnation,
      () => false,
    );
  }

  /**
   * Looks until it is proved that the process has ended; without proof, for ever.
   *
   * @param isWanted - Asked before each look.
   * @returns How it is known; null when it is not wanted any more, or can never be known.
   */
  async ended(isWanted: () => boolean): Promise<string | null> {
    if (!(await this.#isBelieved)) return null;
    const refusals = new Refusals();
    for (;;) {
      await sleep(LOOK_EVERY);
      if (!isWanted()) return null;
      try {
        const answered = await this.#ask();
        refusals.forget();
        if (answered !== this.#from?.incarnation) return "another process answers in its place";
      } catch (error) {
        if (refusals.prove(error)) return "nobody listens at its address any more";
      }
    }
  }

  async #ask(): Promise<string | undefined> {
    const address = this.#from?.address ?? null;
    return address === null ? undefined : askIncarnation(address, this.#credentials);
  }
}
