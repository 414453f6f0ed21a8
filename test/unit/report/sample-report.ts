import type { MigrationReport, RoundReport } from "../../../src/migration/report.js";
import type { MapCell, PageTimeMap } from "../../../src/report/page-time-map.js";

const BANDS = 128;
const BAND_PAGES = 512;

/** A hybrid migration of 256 MiB written by hand: three rounds of push, the switch, and the pull. */
export const sampleReport: MigrationReport = {
  strategy: "hybrid",
  outcome: "completed",
  runningOn: "target",
  converged: false,
  reason: "3 rounds were pushed",
  totalMigrationTimeMs: 3260,
  downtimeMs: 60,
  downtimeStartMs: 2960,
  downtimeParts: { pause: 1, finalPages: 0, state: 2, resume: 5, network: 52 },
  bytesSent: 389_894_144,
  stateBytes: 180_224,
  pagesSent: { zero: 9000, raw: 92_000, delta: 3000 },
  networkFaults: 41,
  rounds: [
    sampleRound({ round: 0, startMs: 0, durationMs: 2000, raw: 56_536, zero: 9000, dirty: 24_000 }),
    sampleRound({
      round: 1,
      startMs: 2000,
      durationMs: 700,
      raw: 21_000,
      delta: 3000,
      dirty: 9000,
    }),
    sampleRound({ round: 2, startMs: 2700, durationMs: 260, raw: 9000, dirty: 5464 }),
    sampleRound({
      round: 3,
      phase: "stop-and-copy",
      startMs: 2961,
      durationMs: 2,
      dirty: 5464,
      bytes: 180_224,
    }),
    sampleRound({ round: 4, phase: "pull", startMs: 2968, durationMs: 292, raw: 5464, dirty: 0 }),
  ],
  verified: true,
  seed: 7,
  policy: "godwit",
  memoryBytes: 268_435_456,
  faults: { faults: 52, networkFaults: 41, stallMs: 22.4, meanStallMs: 0.43, maxStallMs: 1.9 },
  throttleHistory: [{ atMs: 2700, throttle: 0.2 }],
  degradation: { lostMs: 74.4, share: 0.0233, sourceCpuSeconds: 0.09, targetCpuSeconds: 0.09 },
  storage: null,
  network: { mode: "announce", announcements: 2, packetsLost: 60, extraLatencyMs: 0 },
  penalty: 0.031,
};

/** One round of push, with what differs. */
export function sampleRound(
  given: Partial<RoundReport> & {
    raw?: number;
    zero?: number;
    delta?: number;
    dirty: number;
    bytes?: number;
  },
): RoundReport {
  const pagesByKind = { zero: given.zero ?? 0, raw: given.raw ?? 0, delta: given.delta ?? 0 };
  return {
    round: given.round ?? 0,
    phase: given.phase ?? "push",
    startMs: given.startMs ?? 0,
    durationMs: given.durationMs ?? 0,
    pagesSent: pagesByKind.zero + pagesByKind.raw + pagesByKind.delta,
    pagesByKind,
    bytesByKind: {
      zero: pagesByKind.zero * 9,
      raw: pagesByKind.raw * 4104,
      delta: pagesByKind.delta * 300,
    },
    unchangedPages: 0,
    skippedPages: 0,
    bytesSent:
      given.bytes ?? pagesByKind.zero * 9 + pagesByKind.raw * 4104 + pagesByKind.delta * 300,
    dirtyPagesAtEnd: given.dirty,
    throttle: given.throttle ?? 0,
  };
}

/** The same migration as cells: sweeps over 128 bands of 512 pages, a hot set low in memory. */
export const sampleMap: PageTimeMap = {
  pageCount: 65_536,
  totalMs: 3260,
  downtime: { startMs: 2960, endMs: 3020 },
  cells: [
    ...sweep({ event: "push", round: 0, startMs: 0, endMs: 2000, density: () => 1 }),
    ...found({ round: 1, startMs: 0, endMs: 2000, density: hot }),
    ...sweep({ event: "push", round: 1, startMs: 2000, endMs: 2700, density: hot }),
    ...found({ round: 2, startMs: 2000, endMs: 2700, density: (band) => hot(band) * 0.6 }),
    ...sweep({
      event: "push",
      round: 2,
      startMs: 2700,
      endMs: 2960,
      density: (band) => hot(band) * 0.6,
    }),
    ...sweep({
      event: "pull",
      round: 4,
      startMs: 2968,
      endMs: 3260,
      density: (band) => hot(band) * 0.4,
    }),
    ...Array.from({ length: 41 }, (_, index): MapCell => {
      const fromPage = (index * index * 97) % 24_000;
      const startMs = 3020 + ((index * 37) % 200);
      return {
        event: "fault",
        round: 4,
        fromPage,
        toPage: fromPage + 1,
        startMs,
        endMs: startMs + 0.4,
        pages: 1,
      };
    }),
  ],
};

type Shape = Omit<MapCell, "fromPage" | "toPage" | "pages"> & { density: (band: number) => number };

function hot(band: number): number {
  if (band < 12) return 0.95;
  if (band < 48) return 0.45;
  return band > 100 && band < 108 ? 0.2 : 0;
}

function bandsOf(shape: Shape): { band: number; pages: number }[] {
  return Array.from({ length: BANDS }, (_, band) => ({
    band,
    pages: Math.round(shape.density(band) * BAND_PAGES),
  })).filter(({ pages }) => pages > 0);
}

/** Pages in order of address, each band as long as its pages take. */
function sweep(shape: Shape): MapCell[] {
  const bands = bandsOf(shape);
  const all = bands.reduce((sum, { pages }) => sum + pages, 0);
  let before = 0;
  return bands.map(({ band, pages }) => {
    const at = (count: number) => shape.startMs + (count / all) * (shape.endMs - shape.startMs);
    const cell = cellOf(shape, band, pages, at(before), at(before + pages));
    before += pages;
    return cell;
  });
}

function found(shape: Omit<Shape, "event">): MapCell[] {
  const dirty: Shape = { ...shape, event: "dirty" };
  return bandsOf(dirty).map(({ band, pages }) =>
    cellOf(dirty, band, pages, dirty.startMs, dirty.endMs),
  );
}

function cellOf(
  shape: Shape,
  band: number,
  pages: number,
  startMs: number,
  endMs: number,
): MapCell {
  const fromPage = band * BAND_PAGES;
  return {
    event: shape.event,
    round: shape.round,
    fromPage,
    toPage: fromPage + BAND_PAGES,
    startMs,
    endMs,
    pages,
  };
}
