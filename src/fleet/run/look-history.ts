import type { Share } from "../../units.js";

/** A share of every host or VM at the last looks, for controllers that judge by the past. */
export class LookHistory {
  readonly #looks: Float32Array;
  readonly #count: number;
  readonly #length: number;
  #taken = 0;

  /**
   * @param count - Hosts or VMs that are looked at.
   * @param length - Looks that are kept.
   */
  constructor(count: number, length: number) {
    this.#count = count;
    this.#length = length;
    this.#looks = new Float32Array(count * length);
  }

  /** Takes a look at all of them. */
  look(shareOf: (index: number) => Share): void {
    const row = (this.#taken % this.#length) * this.#count;
    for (let index = 0; index < this.#count; index++) this.#looks[row + index] = shareOf(index);
    this.#taken += 1;
  }

  /** The last looks at one, the newest last. */
  of(index: number): Share[] {
    const known = Math.min(this.#taken, this.#length);
    return Array.from({ length: known }, (_, back) => {
      const row = (this.#taken - known + back) % this.#length;
      return this.#looks[row * this.#count + index] as number;
    });
  }
}
