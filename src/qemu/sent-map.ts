import type { PageCount } from "../units.js";

/** Most columns before two become one. */
const COLUMNS = 320;
const ROWS = 110;
/** Counters of a cell. */
const KINDS = ["zero", "push", "stop", "pull"] as const;

/** How a page was sent, for the picture: as zero while the guest ran at the source, with contents, while it stood, after. */
export type SentKind = (typeof KINDS)[number];

/** Pages of a stretch of memory in a stretch of the stream. */
export interface SentCell {
  /** Pages sent before this cell's first and last one. */
  readonly from: PageCount;
  readonly to: PageCount;
  readonly fromPage: number;
  readonly toPage: number;
  readonly round: number;
  readonly kind: SentKind;
  readonly pages: PageCount;
}

/** Which pages were sent when, time being counted in pages sent: a stream has no clock. */
export interface SentMap {
  readonly pageCount: PageCount;
  readonly sent: PageCount;
  readonly cells: readonly SentCell[];
}

interface Column {
  counts: Uint32Array;
  round: number;
}

/** Draws up a {@link SentMap} in memory that does not grow with the stream. */
export class SentMapRecorder {
  #pageCount = 0;
  #sent = 0;
  #perColumn = 1;
  #columns: Column[] = [];

  /** Memory has so many pages; what was noted keeps its place. */
  prepare(pageCount: PageCount): void {
    if (pageCount === this.#pageCount) return;
    for (const column of this.#columns) this.#rescale(column, pageCount);
    this.#pageCount = pageCount;
  }

  note(page: number, round: number, kind: SentKind): void {
    const index = Math.floor(this.#sent / this.#perColumn);
    this.#sent++;
    if (index === COLUMNS) {
      this.#halve();
      this.#sent--;
      this.note(page, round, kind);
      return;
    }
    let column = this.#columns[index];
    if (column === undefined) {
      column = { counts: new Uint32Array(ROWS * KINDS.length), round };
      this.#columns[index] = column;
    }
    column.round = round;
    const row = Math.floor((page * ROWS) / this.#pageCount);
    const at = row * KINDS.length + KINDS.indexOf(kind);
    column.counts[at] = (column.counts[at] as number) + 1;
  }

  get map(): SentMap {
    const cells = this.#columns.flatMap((column, index) => [...this.#cellsOf(column, index)]);
    return { pageCount: this.#pageCount, sent: this.#sent, cells };
  }

  *#cellsOf({ counts, round }: Column, index: number): Generator<SentCell> {
    const from = index * this.#perColumn;
    const to = Math.min(this.#sent, from + this.#perColumn);
    for (const [at, pages] of counts.entries()) {
      if (pages === 0) continue;
      const row = Math.floor(at / KINDS.length);
      const kind = KINDS[at % KINDS.length] as SentKind;
      const edge = (number: number): number => Math.ceil((number * this.#pageCount) / ROWS);
      yield { from, to, fromPage: edge(row), toPage: edge(row + 1), round, kind, pages };
    }
  }

  #rescale(column: Column, pageCount: PageCount): void {
    const counts = new Uint32Array(column.counts.length);
    for (const [at, count] of column.counts.entries()) {
      const row = Math.floor(at / KINDS.length);
      const moved = Math.min(ROWS - 1, Math.floor((row * this.#pageCount) / pageCount));
      const to = moved * KINDS.length + (at % KINDS.length);
      counts[to] = (counts[to] as number) + count;
    }
    column.counts = counts;
  }

  #halve(): void {
    const halved: Column[] = [];
    for (let i = 0; i < this.#columns.length; i += 2) {
      const [left, right] = [this.#columns[i] as Column, this.#columns[i + 1]];
      right?.counts.forEach((count, at) => {
        left.counts[at] = (left.counts[at] as number) + count;
      });
      halved.push({ counts: left.counts, round: right?.round ?? left.round });
    }
    this.#columns = halved;
    this.#perColumn *= 2;
  }
}
