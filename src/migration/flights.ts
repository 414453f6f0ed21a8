import { assert } from "../errors.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { Nanoseconds, PageCount, PageIndex } from "../units.js";

/** Pages of [from, to) on their way to the target. */
interface Flight {
  readonly arrivesAt: Nanoseconds;
  readonly from: PageIndex;
  readonly to: PageCount;
}

/** What has left the source and not yet arrived, in the order of leaving, which is that of arriving. */
export class Flights {
  readonly #absent: AbsentPages;
  /** Pages still at the source: what a range in flight does not bring. */
  readonly #pending: DirtyBitmap;
  readonly #flights: Flight[] = [];

  constructor(absent: AbsentPages, pending: DirtyBitmap) {
    this.#absent = absent;
    this.#pending = pending;
  }

  /** When the next arrives; `Infinity` when nothing is under way. */
  get nextArrival(): Nanoseconds {
    return this.#flights[0]?.arrivesAt ?? Number.POSITIVE_INFINITY;
  }

  /** When all that is under way will have arrived; undefined when nothing is. */
  get lastArrival(): Nanoseconds | undefined {
    return this.#flights.at(-1)?.arrivesAt;
  }

  leave(from: PageIndex, to: PageCount, arrivesAt: Nanoseconds): void {
    this.#flights.push({ from, to, arrivesAt });
  }

  /** When an absent page arrives that has left the source. */
  arrivalOf(page: PageIndex): Nanoseconds {
    const flight = this.#flights.find(({ from, to }) => page >= from && page < to);
    assert(
      flight !== undefined,
      `page ${page} is neither at the source, nor at the target, nor under way`,
    );
    return flight.arrivesAt;
  }

  /** Pages whose flight has ended are present. */
  land(instant: Nanoseconds): void {
    while (this.nextArrival <= instant) {
      const { from, to } = this.#flights.shift() as Flight;
      this.#absent.arrive(this.#pending, from, to);
    }
  }
}
