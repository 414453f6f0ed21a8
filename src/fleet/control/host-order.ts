/**
 * Hosts in order of a number, equal ones by their index. A sorted array: where a host belongs is found by
 * halving, and it is moved there in one copy, which is quick up to some hundred thousand hosts.
 */
export class HostOrder {
  readonly #keys: Float64Array;
  readonly #order: Int32Array;
  #length = 0;

  /** @param hosts - How many there may be. */
  constructor(hosts: number) {
    this.#keys = new Float64Array(hosts).fill(Number.NaN);
    this.#order = new Int32Array(hosts);
  }

  get length(): number {
    return this.#length;
  }

  /** Puts all of them in order at once; NaN: left out. */
  fill(keys: ArrayLike<number>): void {
    const kept: number[] = [];
    for (let host = 0; host < keys.length; host += 1) {
      const key = keys[host] ?? Number.NaN;
      this.#keys[host] = key;
      if (!Number.isNaN(key)) kept.push(host);
    }
    kept.sort((a, b) => this.#key(a) - this.#key(b) || a - b);
    this.#order.set(kept);
    this.#length = kept.length;
  }

  /** Moves a host to where its new number belongs; NaN: takes it out. */
  set(host: number, key: number): void {
    if (!Number.isNaN(this.#key(host))) {
      const place = this.#place(this.#key(host), host);
      this.#order.copyWithin(place, place + 1, this.#length);
      this.#length -= 1;
    }
    this.#keys[host] = key;
    if (Number.isNaN(key)) return;
    const place = this.#place(key, host);
    this.#order.copyWithin(place + 1, place, this.#length);
    this.#order[place] = host;
    this.#length += 1;
  }

  /** The host at a place, from 0. */
  at(place: number): number {
    return this.#order[place] ?? -1;
  }

  /** The first place whose number is not below `key`. */
  placeOf(key: number): number {
    return this.#place(key, -1);
  }

  #key(host: number): number {
    return this.#keys[host] ?? Number.NaN;
  }

  /** Where (key, host) is or belongs. */
  #place(key: number, host: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#order[middle] ?? 0;
      const otherKey = this.#key(other);
      if (otherKey < key || (otherKey === key && other < host)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
