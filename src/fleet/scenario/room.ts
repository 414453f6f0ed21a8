/** A place in a {@link Room} with what is wanted; -1: there is none. */
export type PlaceOrNone = number;

/**
 * Free memory of places in a row, as a tournament: the first place from some place on with so much room,
 * and the one with the most, are found in steps as many as the number of places has binary digits.
 */
export class Room {
  readonly count: number;
  readonly #leaves: number;
  /** Node i has the larger of nodes 2i and 2i + 1; place p is leaf `#leaves + p`. */
  readonly #most: Float64Array;

  /** @param free - Bytes that are free, for each place. */
  constructor(free: ArrayLike<number>) {
    this.count = free.length;
    this.#leaves = 1;
    while (this.#leaves < free.length) this.#leaves *= 2;
    this.#most = new Float64Array(2 * this.#leaves).fill(Number.NEGATIVE_INFINITY);
    this.#most.set(Array.from(free), this.#leaves);
    for (let node = this.#leaves - 1; node >= 1; node--) this.#renew(node);
  }

  /** Free bytes at a place. */
  at(place: number): number {
    return this.#most[this.#leaves + place] ?? Number.NEGATIVE_INFINITY;
  }

  /** Says how much is free at a place from now on. */
  set(place: number, free: number): void {
    let node = this.#leaves + place;
    this.#most[node] = free;
    for (node >>= 1; node >= 1; node >>= 1) this.#renew(node);
  }

  /** The first place from `from` on with at least so much. */
  next(from: number, bytes: number): PlaceOrNone {
    if (from >= this.count) return -1;
    let node = this.#leaves + from;
    while (!(this.#value(node) >= bytes)) {
      // Up while it is a right child, then over to the sibling on the right.
      while (node > 1 && node % 2 === 1) node >>= 1;
      if (node <= 1) return -1;
      node += 1;
    }
    while (node < this.#leaves) node = this.#value(2 * node) >= bytes ? 2 * node : 2 * node + 1;
    return node - this.#leaves;
  }

  /** The place with the most, the first of those that are equal. */
  emptiest(): PlaceOrNone {
    if (this.count === 0) return -1;
    let node = 1;
    while (node < this.#leaves) {
      node = this.#value(2 * node) >= this.#value(2 * node + 1) ? 2 * node : 2 * node + 1;
    }
    return node - this.#leaves;
  }

  #renew(node: number): void {
    this.#most[node] = Math.max(this.#value(2 * node), this.#value(2 * node + 1));
  }

  #value(node: number): number {
    return this.#most[node] as number;
  }
}
