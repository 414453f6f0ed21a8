/** Most hosts of a block; a full one becomes two. */
const BLOCK = 1024;

/** Hosts that follow one another in the order. */
interface Block {
  readonly hosts: Int32Array;
  length: number;
  /** How many are in the blocks before. */
  start: number;
}

/**
 * Hosts in order of a number, equal ones by their index. Where a host belongs is found by halving, first among
 * blocks, then in one; as blocks are short, putting it there moves little, however many hosts there are.
 */
export class HostOrder {
  readonly #keys: Float64Array;
  #blocks: Block[] = [];
  #length = 0;

  /** @param hosts - How many there may be; none is in the order yet. */
  constructor(hosts: number) {
    this.#keys = new Float64Array(hosts).fill(Number.NaN);
  }

  get length(): number {
    return this.#length;
  }

  /** Puts all of them in order at once; NaN: left out. */
  fill(keys: ArrayLike<number>): void {
    this.#keys.set(Array.from(keys));
    const order = Int32Array.from(keys, (_, host) => host).filter((host) => !this.#isOut(host));
    order.sort((a, b) => this.#key(a) - this.#key(b) || a - b);
    this.#length = order.length;
    this.#blocks = [];
    for (let start = 0; start < order.length; start += BLOCK / 2) {
      this.#blocks.push(block(order.subarray(start, start + BLOCK / 2), start));
    }
  }

  /** Moves a host to where its new number belongs; NaN: takes it out. */
  set(host: number, key: number): void {
    if (!this.#isOut(host)) this.#remove(host);
    this.#keys[host] = key;
    if (!this.#isOut(host)) this.#insert(host);
  }

  /** The host at a place, from 0; -1: there is no such place. */
  at(place: number): number {
    const found = this.#blocks[first(this.#blocks, (one) => one.start + one.length > place)];
    return found?.hosts[place - found.start] ?? -1;
  }

  /** The first place whose number is not below `key`. */
  placeOf(key: number): number {
    const found = this.#blocks[this.#blockOf(key, -1)];
    return found === undefined ? this.#length : found.start + this.#placeIn(found, key, -1);
  }

  #insert(host: number): void {
    const key = this.#key(host);
    if (this.#blocks.length === 0) this.#blocks.push(block([], 0));
    const index = Math.min(this.#blockOf(key, host), this.#blocks.length - 1);
    const into = this.#blocks[index] as Block;
    const place = this.#placeIn(into, key, host);
    into.hosts.copyWithin(place + 1, place, into.length);
    into.hosts[place] = host;
    into.length += 1;
    this.#length += 1;
    if (into.length === BLOCK) {
      const halves = [into.hosts.subarray(0, BLOCK / 2), into.hosts.subarray(BLOCK / 2)];
      this.#blocks.splice(index, 1, ...halves.map((half) => block(half, into.start)));
    }
    this.#count(index);
  }

  #remove(host: number): void {
    const key = this.#key(host);
    const index = this.#blockOf(key, host);
    const from = this.#blocks[index] as Block;
    const place = this.#placeIn(from, key, host);
    from.hosts.copyWithin(place, place + 1, from.length);
    from.length -= 1;
    this.#length -= 1;
    if (from.length === 0) this.#blocks.splice(index, 1);
    this.#count(index);
  }

  /** Says anew where the blocks from one on start. */
  #count(from: number): void {
    const before = this.#blocks[from - 1];
    let start = before === undefined ? 0 : before.start + before.length;
    for (let index = from; index < this.#blocks.length; index += 1) {
      const one = this.#blocks[index] as Block;
      one.start = start;
      start += one.length;
    }
  }

  #key(host: number): number {
    return this.#keys[host] ?? Number.NaN;
  }

  #isOut(host: number): boolean {
    return Number.isNaN(this.#key(host));
  }

  /** The first block that ends with (key, host) or later; one beyond the last if there is none. */
  #blockOf(key: number, host: number): number {
    return first(this.#blocks, ({ hosts, length }) => this.#isFrom(hosts[length - 1], key, host));
  }

  #placeIn({ hosts, length }: Block, key: number, host: number): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isFrom(hosts[middle], key, host)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Whether a host comes not before (key, host). */
  #isFrom(other = 0, key: number, host: number): boolean {
    const otherKey = this.#key(other);
    return otherKey > key || (otherKey === key && other >= host);
  }
}

function block(hosts: ArrayLike<number>, start: number): Block {
  const own = new Int32Array(BLOCK);
  own.set(hosts);
  return { hosts: own, length: hosts.length, start };
}

/** The first of those for which a condition holds that holds for all after it; their number if for none. */
function first(blocks: readonly Block[], holds: (one: Block) => boolean): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(blocks[middle] as Block)) high = middle;
    else low = middle + 1;
  }
  return low;
}
