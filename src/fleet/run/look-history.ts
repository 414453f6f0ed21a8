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
    const looks: Share[] = [];
    for (let look = Math.max(0, this.#taken - this.#length); look < this.#taken; look++) {
      looks.push(this.#at(look, index));
    }
    return looks;
  }

  /** The last look at one; undefined before the first. */
  newest(index: number): Share | undefined {
    return this.#taken === 0 ? undefined : this.#at(this.#taken - 1, index);
  }

  #at(look: number, index: number): Share {
    return this.#looks[(look % this.#length) * this.#count + index] as number;
  }
}
