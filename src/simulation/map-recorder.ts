import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { MigrationObserver, SentBand } from "../migration/observer.js";
import type { MigrationReport } from "../migration/report.js";
import type { MapCell, PageTimeMap } from "../report/page-time-map.js";
import { type Nanoseconds, type PageCount, type PageIndex, toMilliseconds } from "../units.js";

/** Rows of the picture. */
const BANDS = 128;
/** Columns of the picture: batches of a round that fall into one are one cell. */
const COLUMNS = 400;
/** Faults beyond this many are thinned out evenly in time. */
const MOST_FAULTS = 2000;

/** Records which pages crossed the link when, band by band of memory; it only counts bits. */
export class MapRecorder implements MigrationObserver {
  readonly #pageCount: PageCount;
  readonly #bandPages: PageCount;
  readonly #cells: MapCell[] = [];
  #faults: MapCell[] = [];
  readonly #pending: Float64Array;
  /** Where each band's latest sent cell is. */
  readonly #lastOfBand: number[] = [];
  #faultStride = 1;
  #faultsSeen = 0;

  constructor(pageCount: PageCount) {
    this.#pageCount = pageCount;
    this.#bandPages = Math.ceil(pageCount / Math.min(BANDS, pageCount));
    this.#pending = new Float64Array(Math.ceil(pageCount / this.#bandPages));
  }

  began(pending: DirtyBitmap): void {
    for (let band = 0; band < this.#pending.length; band++) {
      this.#pending[band] = pending.count(...this.#range(band));
    }
  }

  sent({ phase, round, fromPage, toPage, startNs, endNs }: SentBand, pending: DirtyBitmap): void {
    if (toPage <= fromPage) return;
    const last = Math.floor((toPage - 1) / this.#bandPages);
    for (let band = Math.floor(fromPage / this.#bandPages); band <= last; band++) {
      const left = pending.count(...this.#range(band));
      const pages = (this.#pending[band] as number) - left;
      this.#pending[band] = left;
      if (pages > 0) this.#add(band, this.#cell(phase, round, band, pages, startNs, endNs));
    }
  }

  dirtied(round: number, log: DirtyBitmap, startNs: Nanoseconds, endNs: Nanoseconds): void {
    for (let band = 0; band < this.#pending.length; band++) {
      const pages = log.count(...this.#range(band));
      if (pages > 0) this.#cells.push(this.#cell("dirty", round, band, pages, startNs, endNs));
    }
  }

  faulted(page: PageIndex, startNs: Nanoseconds, endNs: Nanoseconds): void {
    this.#faultsSeen += 1;
    if (this.#faultsSeen % this.#faultStride !== 0) return;
    this.#faults.push({
      event: "fault",
      round: 0,
      fromPage: page,
      toPage: page + 1,
      startMs: toMilliseconds(startNs),
      endMs: toMilliseconds(endNs),
      pages: 1,
    });
    if (this.#faults.length < MOST_FAULTS) return;
    this.#faultStride *= 2;
    this.#faults = this.#faults.filter((_, index) => index % 2 === 1);
  }

  /** The finished picture; times since the request. */
  map(report: MigrationReport): PageTimeMap {
    const { downtimeMs, downtimeStartMs } = report;
    return {
      pageCount: this.#pageCount,
      downtime:
        downtimeStartMs === null
          ? null
          : { startMs: downtimeStartMs, endMs: downtimeStartMs + downtimeMs },
      totalMs: report.totalMigrationTimeMs,
      cells: [...this.#cells, ...this.#faults],
    };
  }

  /** Joins a cell with the one before it in the same band and round while both are narrow. */
  #add(band: number, cell: MapCell): void {
    const at = this.#lastOfBand[band];
    const before = at === undefined ? undefined : this.#cells[at];
    const isSameRound = before?.round === cell.round && before.event === cell.event;
    if (at !== undefined && isSameRound && cell.endMs - before.startMs <= cell.endMs / COLUMNS) {
      this.#cells[at] = { ...before, endMs: cell.endMs, pages: before.pages + cell.pages };
    } else this.#lastOfBand[band] = this.#cells.push(cell) - 1;
  }

  #cell(
    event: MapCell["event"],
    round: number,
    band: number,
    pages: PageCount,
    startNs: Nanoseconds,
    endNs: Nanoseconds,
  ): MapCell {
    const [fromPage, toPage] = this.#range(band);
    const startMs = toMilliseconds(startNs);
    return { event, round, fromPage, toPage, startMs, endMs: toMilliseconds(endNs), pages };
  }

  #range(band: number): [PageIndex, PageCount] {
    const from = band * this.#bandPages;
    return [from, Math.min(from + this.#bandPages, this.#pageCount)];
  }
}
