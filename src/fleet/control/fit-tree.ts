/**
 * Finds the first host that has enough of two things in O(log hosts): a binary tree over the hosts in which a
 * node knows the most that any host below it has free of either.
 */
export class FitTree {
  readonly #leaves: number;
  readonly #bytes: Float64Array;
  readonly #cpu: Float64Array;

  /** @param hosts - How many; all start with nothing free. */
  constructor(hosts: number) {
    let leaves = 1;
    while (leaves < hosts) leaves *= 2;
    this.#leaves = leaves;
    this.#bytes = new Float64Array(2 * leaves).fill(Number.NEGATIVE_INFINITY);
    this.#cpu = new Float64Array(2 * leaves).fill(Number.NEGATIVE_INFINITY);
  }

  /** What a host has free; -Infinity: it takes nothing. */
  set(host: number, bytes: number, cpu: number): void {
    let node = this.#leaves + host;
    this.#bytes[node] = bytes;
    this.#cpu[node] = cpu;
    for (node >>= 1; node >= 1; node >>= 1) {
      this.#bytes[node] = larger(this.#bytes, node);
      this.#cpu[node] = larger(this.#cpu, node);
    }
  }

  /** Bytes that a host has free. */
  bytesAt(host: number): number {
    return this.#bytes[this.#leaves + host] ?? Number.NEGATIVE_INFINITY;
  }

  /** The host with the most bytes free, the first of those that are equal; -1: none takes anything. */
  emptiest(): number {
    if (this.#bytes[1] === Number.NEGATIVE_INFINITY) return -1;
    let node = 1;
    while (node < this.#leaves) {
      const isLeft = (this.#bytes[2 * node] ?? 0) >= (this.#bytes[2 * node + 1] ?? 0);
      node = isLeft ? 2 * node : 2 * node + 1;
    }
    return node - this.#leaves;
  }

  /** The first host from `from` on that has so much of both, or -1. */
  first(from: number, bytes: number, cpu: number): number {
    return from < this.#leaves ? this.#search(1, 0, this.#leaves, from, bytes, cpu) : -1;
  }

  #search(
    node: number,
    start: number,
    width: number,
    from: number,
    bytes: number,
    cpu: number,
  ): number {
    if (start + width <= from) return -1;
    if ((this.#bytes[node] ?? 0) < bytes || (this.#cpu[node] ?? 0) < cpu) return -1;
    if (width === 1) return start;
    const half = width / 2;
    const left = this.#search(2 * node, start, half, from, bytes, cpu);
    return left >= 0 ? left : this.#search(2 * node + 1, start + half, half, from, bytes, cpu);
  }
}

function larger(values: Float64Array, node: number): number {
  return Math.max(values[2 * node] ?? 0, values[2 * node + 1] ?? 0);
}
