/** What can lie in a heap: it knows where, so that it can be moved or taken out. */
export interface HeapItem {
  /** Place in the heap it lies in, -1 when in none; the heap writes it. */
  place: number;
}

/** A binary heap with the least key on top, whose items can be re-keyed and removed in O(log n). */
export class Heap<T extends HeapItem> {
  readonly items: T[] = [];
  readonly #keys: number[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The item with the least key; there must be one. */
  get top(): T {
    return this.items[0] as T;
  }

  /** The least key, Infinity without items. */
  get topKey(): number {
    return this.#keys.length > 0 ? (this.#keys[0] as number) : Infinity;
  }

  keyOf(item: T): number {
    return this.#keys[item.place] as number;
  }

  add(item: T, key: number): void {
    this.items.push(item);
    this.#keys.push(key);
    this.#rise(this.items.length - 1, item, key);
  }

  rekey(item: T, key: number): void {
    const { place } = item;
    if (key < (this.#keys[place] as number)) this.#rise(place, item, key);
    else this.#sink(place, item, key);
  }

  remove(item: T): void {
    const { place } = item;
    item.place = -1;
    const last = this.items.pop() as T;
    const key = this.#keys.pop() as number;
    if (last === item) return;
    if (key < (this.#keys[place] as number)) this.#rise(place, last, key);
    else this.#sink(place, last, key);
  }

  #put(place: number, item: T, key: number): void {
    this.items[place] = item;
    this.#keys[place] = key;
    item.place = place;
  }

  #rise(start: number, item: T, key: number): void {
    let place = start;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const aboveKey = this.#keys[above] as number;
      if (aboveKey <= key) break;
      this.#put(place, this.items[above] as T, aboveKey);
      place = above;
    }
    this.#put(place, item, key);
  }

  #sink(start: number, item: T, key: number): void {
    const { length } = this.items;
    let place = start;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= length) break;
      let belowKey = this.#keys[below] as number;
      if (below + 1 < length && (this.#keys[below + 1] as number) < belowKey) {
        below += 1;
        belowKey = this.#keys[below] as number;
      }
      if (key <= belowKey) break;
      this.#put(place, this.items[below] as T, belowKey);
      place = below;
    }
    this.#put(place, item, key);
  }
}
