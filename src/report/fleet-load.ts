import type { FleetEvent, FleetRun } from "../fleet/run/result.js";
import type { Nanoseconds } from "../units.js";

/** Hosts' load over time as a picture has room for it. */
export interface FleetLoad {
  readonly rows: number;
  readonly columns: number;
  /** Hosts in a row; the last row may have fewer. */
  readonly hostsPerRow: number;
  /** Length of a column. */
  readonly columnNs: Nanoseconds;
  /** Row by row a character for each column, see {@link LOAD_LEVELS}. */
  readonly cells: string;
}

/** What a cell's character says: its place here in steps of 2 % of a host's capacity. */
export const LOAD_LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** No host of the row is on. */
export const LOAD_OFF = ".";
/** The same, and it failed. */
export const LOAD_FAILED = "!";
/** The run did not keep its load. */
export const LOAD_UNKNOWN = "~";

const MOST_ROWS = 1200;
const MOST_COLUMNS = 1000;
const STEPS = 50;

/** The load of every host over time; where there are too many, of neighbours in the mean of those that are on. */
export function fleetLoad({ fleet, result }: FleetRun): FleetLoad {
  const { series, events, endNs } = result;
  const hosts = fleet.hosts.length;
  const hostsPerRow = Math.max(1, Math.ceil(hosts / MOST_ROWS));
  const perColumn = Math.max(1, Math.ceil(series.length / MOST_COLUMNS));
  const rows = Math.ceil(hosts / hostsPerRow);
  const columns = Math.ceil(series.length / perColumn);
  const columnNs = series.intervalNs * perColumn;
  const cells: string[] = Array(rows * columns).fill(
    series.utilisation === null ? LOAD_UNKNOWN : LOAD_OFF,
  );
  const paint = ({ host, fromNs, untilNs }: Span, to: string): void => {
    const row = Math.floor(host / hostsPerRow);
    const last = Math.min(columns, Math.ceil(untilNs / columnNs));
    for (let column = Math.floor(fromNs / columnNs); column < last; column++) {
      const at = row * columns + column;
      const cell = cells[at];
      if (cell === LOAD_UNKNOWN || cell === LOAD_OFF) cells[at] = to;
    }
  };
  if (series.utilisation !== null) {
    const loads = meanLoads(series.utilisation, { hosts, hostsPerRow, perColumn, columns, rows });
    loads.forEach((load, at) => {
      if (!Number.isNaN(load)) cells[at] = levelOf(load);
    });
  }
  // A row of several hosts is not off because one of them is.
  if (hostsPerRow === 1) {
    if (series.utilisation === null) {
      for (const span of spansOf(events, endNs, "host-asleep", "host-on")) paint(span, LOAD_OFF);
    }
    for (const span of spansOf(events, endNs, "host-failed", "host-repaired")) {
      paint(span, LOAD_FAILED);
    }
  }
  return { rows, columns, hostsPerRow, columnNs, cells: cells.join("") };
}

/** Of the hosts and intervals in each cell that were on; NaN where none was. */
function meanLoads(
  utilisation: Float32Array,
  grid: Readonly<Record<"hosts" | "hostsPerRow" | "perColumn" | "columns" | "rows", number>>,
): Float64Array {
  const sums = new Float64Array(grid.rows * grid.columns);
  const counts = new Uint32Array(sums.length);
  utilisation.forEach((share, place) => {
    if (Number.isNaN(share)) return;
    const row = Math.floor((place % grid.hosts) / grid.hostsPerRow);
    const column = Math.floor(Math.floor(place / grid.hosts) / grid.perColumn);
    const at = row * grid.columns + column;
    sums[at] = (sums[at] ?? 0) + share;
    counts[at] = (counts[at] ?? 0) + 1;
  });
  return sums.map((sum, at) => (counts[at] === 0 ? Number.NaN : sum / (counts[at] ?? 1)));
}

function levelOf(load: number): string {
  const level = Math.max(0, Math.min(LOAD_LEVELS.length - 1, Math.round(load * STEPS)));
  return LOAD_LEVELS[level] ?? LOAD_UNKNOWN;
}

interface Span {
  readonly host: number;
  readonly fromNs: Nanoseconds;
  readonly untilNs: Nanoseconds;
}

/** When each host was in what begins with one event and ends with another; what does not end lasts to the end. */
function spansOf(
  events: readonly FleetEvent[],
  endNs: Nanoseconds,
  begin: FleetEvent["kind"],
  end: FleetEvent["kind"],
): Span[] {
  const since = new Map<number, Nanoseconds>();
  const spans: Span[] = [];
  for (const { kind, host, atNs } of events) {
    if (kind === begin && !since.has(host)) since.set(host, atNs);
    const fromNs = since.get(host);
    if (kind !== end || fromNs === undefined) continue;
    spans.push({ host, fromNs, untilNs: atNs });
    since.delete(host);
  }
  for (const [host, fromNs] of since) spans.push({ host, fromNs, untilNs: endNs });
  return spans;
}
