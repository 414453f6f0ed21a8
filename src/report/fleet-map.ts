import type { FleetRun, MigrationRecord } from "../fleet/run/result.js";
import { toMilliseconds } from "../units.js";
import { fleetLoad } from "./fleet-load.js";
import { fleetNames, outcomeWords } from "./fleet-text.js";
import { escapeScriptJson } from "./markup.js";
import { DIRTY_COLOUR, PULL_COLOUR } from "./palette.js";

/** Most migrations that a page can tell of one by one; some hundred bytes each. */
const MOST_MOVES = 50_000;
/** Most different sentences that it knows. */
const MOST_TEXTS = 4000;
const MOST_NAMES = 100_000;

/** How an arrow looks: a completed one by its strategy, any other by its outcome. */
const LOOKS: readonly (readonly [label: string, colour: string])[] = [
  ["pre-copy", DIRTY_COLOUR],
  ["hybrid", "#2fcfae"],
  ["post-copy", PULL_COLOUR],
  ["stop-and-copy", "#d8b4a0"],
  ["cold", "#8b98a9"],
  ["not converged", "#ff3b30"],
  ["failed", "#d9480f"],
  ["refused", "#5f6b7c"],
];

/** How many migrations the map shows, of how many. */
export interface ShownMoves {
  readonly shown: readonly MigrationRecord[];
  readonly all: number;
}

/** All migrations, or as many as a page holds: evenly chosen, but for those that were not completed, which come first. */
export function shownMoves(
  migrations: readonly MigrationRecord[],
  most: number = MOST_MOVES,
): ShownMoves {
  const all = migrations.length;
  if (all <= most) return { shown: migrations, all };
  const unfinished = migrations.filter(({ outcome }) => outcome !== "completed");
  const completed = migrations.filter(({ outcome }) => outcome === "completed");
  const first = evenly(unfinished, most);
  return { shown: [...first, ...evenly(completed, most - first.length)], all };
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return items.filter(
    (_, index) =>
      Math.floor((index * most) / items.length) !== Math.floor(((index + 1) * most) / items.length),
  );
}

/** A place for the map of hosts' load and migrations, with what its script draws it from. */
export function fleetMapPlace(run: FleetRun): string {
  return `<div class="fleet-map"><script type="application/json">${escapeScriptJson(mapOf(run))}</script></div>`;
}

function mapOf(run: FleetRun): unknown {
  const { fleet, result } = run;
  const { columnNs, ...load } = fleetLoad(run);
  const { shown, all } = shownMoves(result.migrations);
  const counts = new Uint32Array(LOOKS.length);
  for (const one of result.migrations) counts[lookOf(one)] = (counts[lookOf(one)] ?? 0) + 1;
  return {
    endMs: toMilliseconds(Math.max(1, result.endNs)),
    columnMs: toMilliseconds(columnNs),
    ...load,
    hasLoad: result.series.utilisation !== null,
    hosts: fleet.hosts.slice(0, MOST_NAMES).map(({ name }) => name),
    hostCount: fleet.hosts.length,
    sites: sitesOf(run),
    looks: LOOKS.map(([label, colour], look) => ({ label, colour, count: counts[look] ?? 0 })),
    moveCount: all,
    moves: moveColumns(run, shown),
  };
}

/** Sites whose hosts stand together; none where there is one, or where they are mixed. */
function sitesOf({ fleet }: FleetRun): { name: string; from: number }[] {
  const starts = fleet.hosts.flatMap(({ site }, host) =>
    host === 0 || fleet.hosts[host - 1]?.site !== site
      ? [{ name: fleet.sites[site]?.name ?? "", from: host }]
      : [],
  );
  return starts.length > 1 && starts.length <= Math.max(1, fleet.sites.length) ? starts : [];
}

/** The moves in columns: names of fields would be most of the page. */
function moveColumns(run: FleetRun, shown: readonly MigrationRecord[]): unknown {
  const names = fleetNames(run);
  const texts = new TextIndex();
  return {
    vm: shown.map(({ vm }) => names.vm(vm)),
    from: shown.map(({ from }) => from),
    to: shown.map(({ to }) => to),
    startMs: shown.map(({ startNs }) => Math.round(toMilliseconds(startNs))),
    lengthMs: shown.map(({ startNs, endNs }) => brief(toMilliseconds(endNs - startNs))),
    downtimeMs: shown.map(({ downtimeNs }) => brief(toMilliseconds(downtimeNs))),
    bytes: shown.map(({ bytes }) => brief(bytes)),
    look: shown.map(lookOf),
    reason: shown.map(({ reason }) => texts.of(reason)),
    because: shown.map(({ askedBy, because }) =>
      texts.of(because === "" ? askedBy : `${askedBy}: ${because}`),
    ),
    strategy: shown.map(({ strategy }) => texts.of(strategy)),
    texts: texts.list,
  };
}

/** Sentences by number, for they repeat; what comes when the list is full is not told. */
class TextIndex {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();

  of(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    if (this.list.length >= MOST_TEXTS) return -1;
    this.#places.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}

function lookOf({ strategy, outcome }: MigrationRecord): number {
  const label = outcome === "completed" ? strategy : outcomeWords(outcome);
  return LOOKS.findIndex(([name]) => name === label);
}

/** Four digits are what a reader is shown. */
function brief(amount: number): number {
  return Number(amount.toPrecision(4));
}
