import { PageDelta } from "../kernel/page-delta.js";
import { type Bytes, type Milliseconds, PAGE_SIZE, type PageIndex } from "../units.js";
import { HORIZON_TOLERANCE } from "./horizons.js";
import { scatter } from "./page-hash.js";

/** Sizes of XBZRLE deltas between the two ends of windows. */
export interface DeltaSizes {
  /** Mean size of the deltas that are smaller than a page, bytes; null when none were. */
  readonly meanBytes: number | null;
  /** Share of pages whose delta is no smaller than the page. */
  readonly overflowShare: number;
}

/** A page of the sample. */
interface KeptPage {
  readonly page: PageIndex;
  readonly rank: number;
  readonly now: Uint8Array;
  /** For each horizon, the page at the beginning of its window; null for a page that came later. */
  readonly atStart: (Uint8Array | null)[];
  readonly isChanged: boolean[];
}

/** Pages kept: 256, with their contents at the beginning of a window for every horizon. */
const KEPT_PAGES = 256;

/**
 * How large XBZRLE deltas would be, from a sample of the pages that were seen to change: those with the
 * lowest scattered numbers, so every page that ever changes has the same chance. For each horizon, windows
 * follow one another without a gap; at the end of each, every sampled page that changed in it is encoded
 * against its contents at the beginning. QEMU's own deltas are against what it sent last, so a pass that
 * takes t meets deltas of horizon t.
 */
export class DeltaSample {
  readonly #horizonsMs: readonly Milliseconds[];
  readonly #windowStarts: Milliseconds[];
  readonly #sizes: { deltas: number; bytes: Bytes; overflows: number }[];
  readonly #kept = new Map<PageIndex, KeptPage>();
  #highestRank = Number.POSITIVE_INFINITY;

  constructor(horizonsMs: readonly Milliseconds[], startMs: Milliseconds) {
    this.#horizonsMs = horizonsMs;
    this.#windowStarts = horizonsMs.map(() => startMs);
    this.#sizes = horizonsMs.map(() => ({ deltas: 0, bytes: 0, overflows: 0 }));
  }

  /**
   * A page was found changed.
   *
   * @param before - What it held until then, where that is known and it had never changed.
   */
  changed(page: PageIndex, bytes: Uint8Array, before: Uint8Array | null = null): void {
    const kept = this.#kept.get(page) ?? this.#admit(page, before ?? bytes);
    if (kept === null) return;
    // A page that is new in the sample has no past to be compared with, unless it was brought along.
    if (before !== null && !kept.atStart.some((one) => one !== null)) {
      kept.atStart.fill(before.slice());
    }
    kept.now.set(bytes);
    kept.isChanged.fill(true);
  }

  /** Whether the contents of this page would be of use, should it have changed. */
  wants(page: PageIndex): boolean {
    return this.#kept.has(page) || scatter(page) < this.#highestRank;
  }

  /** A snapshot is over: all its changed pages were told. */
  snapshot(atMs: Milliseconds): void {
    this.#horizonsMs.forEach((horizonMs, horizon) => {
      const started = this.#windowStarts[horizon] ?? 0;
      if (atMs - started < horizonMs * (1 - HORIZON_TOLERANCE / 2)) return;
      const isLong = atMs - started > horizonMs * (1 + HORIZON_TOLERANCE);
      this.#windowStarts[horizon] = atMs;
      for (const kept of this.#kept.values()) this.#closeWindow(kept, horizon, isLong);
    });
  }

  /** What was found, for each horizon; null where no window came to its end. */
  sizes(): (DeltaSizes | null)[] {
    return this.#sizes.map(({ deltas, bytes, overflows }) =>
      deltas + overflows === 0
        ? null
        : {
            meanBytes: deltas > 0 ? bytes / deltas : null,
            overflowShare: overflows / (deltas + overflows),
          },
    );
  }

  #closeWindow({ now, atStart, isChanged }: KeptPage, horizon: number, isLong: boolean): void {
    const past = atStart[horizon] ?? null;
    if (past !== null && !isChanged[horizon]) return;
    const sizes = this.#sizes[horizon];
    if (past !== null && sizes !== undefined && !isLong) {
      const delta = PageDelta.encode(past, now);
      if (delta === null) sizes.overflows++;
      else {
        sizes.deltas++;
        sizes.bytes += delta.length;
      }
    }
    atStart[horizon] = now.slice();
    isChanged[horizon] = false;
  }

  #admit(page: PageIndex, bytes: Uint8Array): KeptPage | null {
    const rank = scatter(page);
    if (rank >= this.#highestRank) return null;
    if (this.#kept.size === KEPT_PAGES) {
      const highest = [...this.#kept.values()].reduce((a, b) => (b.rank > a.rank ? b : a));
      if (highest.rank <= rank) {
        this.#highestRank = highest.rank;
        return null;
      }
      this.#kept.delete(highest.page);
    }
    const kept: KeptPage = {
      page,
      rank,
      now: new Uint8Array(PAGE_SIZE),
      atStart: this.#horizonsMs.map((): Uint8Array | null => null),
      isChanged: this.#horizonsMs.map(() => false),
    };
    kept.now.set(bytes);
    this.#kept.set(page, kept);
    return kept;
  }
}
