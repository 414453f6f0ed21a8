import { assert } from "../errors.js";
import type { Nanoseconds } from "../units.js";

const FIRST_ROOM = 64;

/**
 * What will happen, in order of time and, at one instant, in the order in which it was announced. An event
 * is two small numbers, its kind and its subject; nothing is allocated for it. A heap of four branches.
 */
export class EventQueue {
  #at = new Float64Array(FIRST_ROOM);
  #sequence = new Float64Array(FIRST_ROOM);
  #kind = new Uint8Array(FIRST_ROOM);
  #subject = new Int32Array(FIRST_ROOM);
  #length = 0;
  #announced = 0;

  get length(): number {
    return this.#length;
  }

  /** When the next event is; Infinity: there is none. */
  get nextAt(): Nanoseconds {
    return this.#length > 0 ? (this.#at[0] as number) : Number.POSITIVE_INFINITY;
  }

  /** Kind of the next event; there must be one. */
  get nextKind(): number {
    return this.#kind[0] as number;
  }

  /** Subject of the next event; there must be one. */
  get nextSubject(): number {
    return this.#subject[0] as number;
  }

  /** Announces an event; `Infinity` is never. */
  push(at: Nanoseconds, kind: number, subject: number): void {
    assert(at >= 0, `an event must be at a time, got ${at}`);
    if (at === Number.POSITIVE_INFINITY) return;
    if (this.#length === this.#at.length) this.#grow();
    let place = this.#length++;
    const sequence = this.#announced++;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      if ((this.#at[parent] as number) <= at) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, at, sequence, kind, subject);
  }

  /** Removes the next event. */
  pop(): void {
    assert(this.#length > 0, "no event is left");
    const last = --this.#length;
    if (last === 0) return;
    const at = this.#at[last] as number;
    const sequence = this.#sequence[last] as number;
    let place = 0;
    for (;;) {
      const first = 4 * place + 1;
      if (first >= last) break;
      let least = first;
      for (let child = first + 1; child < Math.min(first + 4, last); child++) {
        if (this.#isBefore(child, this.#at[least] as number, this.#sequence[least] as number)) {
          least = child;
        }
      }
      if (!this.#isBefore(least, at, sequence)) break;
      this.#move(least, place);
      place = least;
    }
    const [kind, subject] = [this.#kind[last] as number, this.#subject[last] as number];
    this.#set(place, at, sequence, kind, subject);
  }

  #isBefore(place: number, at: number, sequence: number): boolean {
    const own = this.#at[place] as number;
    return own < at || (own === at && (this.#sequence[place] as number) < sequence);
  }

  #set(place: number, at: number, sequence: number, kind: number, subject: number): void {
    this.#at[place] = at;
    this.#sequence[place] = sequence;
    this.#kind[place] = kind;
    this.#subject[place] = subject;
  }

  #move(from: number, to: number): void {
    this.#set(
      to,
      this.#at[from] as number,
      this.#sequence[from] as number,
      this.#kind[from] as number,
      this.#subject[from] as number,
    );
  }

  #grow(): void {
    const room = this.#at.length * 2;
    const grown = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#at = grown(this.#at, new Float64Array(room));
    this.#sequence = grown(this.#sequence, new Float64Array(room));
    this.#kind = grown(this.#kind, new Uint8Array(room));
    this.#subject = grown(this.#subject, new Int32Array(room));
  }
}
