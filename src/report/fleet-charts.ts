import type { FleetRun, FleetSeries } from "../fleet/run/result.js";
import { formatDuration } from "../quantity-text.js";
import { toMilliseconds } from "../units.js";
import { escapeScriptJson } from "./markup.js";
import { DIRTY_COLOUR, PULL_COLOUR, roundColour, STOP_COLOUR } from "./palette.js";

/** What a chart counts in. */
type Unit = "W" | "hosts" | "cores" | "" | "bit/s";

interface Line {
  readonly label: string;
  readonly colour: string;
  readonly isFilled: boolean;
  readonly values: readonly number[];
}

interface Chart {
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
}

/** Points that are worth drawing on a page's width. */
const MOST_POINTS = 1200;

/** A place for the charts over time, with the values they are drawn from. */
export function fleetChartsPlace(run: FleetRun): string {
  if (run.result.series.length === 0) return "";
  return `<div class="fleet-charts"><script type="application/json">${escapeScriptJson(fleetCharts(run))}</script></div>`;
}

/** What each stretch of time had: power, hosts that were on, CPU, migrations and what they sent. */
export function fleetCharts({ result }: FleetRun): {
  endMs: number;
  startsMs: number[];
  charts: Chart[];
} {
  const { series, endNs } = result;
  const perPoint = Math.ceil(series.length / MOST_POINTS);
  const starts = Array.from(
    { length: Math.ceil(series.length / perPoint) },
    (_, point) => point * perPoint * series.intervalNs,
  );
  const stretches = starts.map((startNs, point) => ({
    from: point * perPoint,
    to: Math.min(series.length, (point + 1) * perPoint),
    seconds: Math.max(1, Math.min(endNs, startNs + perPoint * series.intervalNs) - startNs) / 1e9,
  }));
  const sums = (column: Float64Array): number[] =>
    stretches.map(({ from, to }) => sum(column, from, to));
  const rates = (column: Float64Array): number[] =>
    stretches.map(({ from, to, seconds }) => brief(sum(column, from, to) / seconds));
  const means = (column: Float64Array): number[] =>
    stretches.map(({ from, to }) => brief(sum(column, from, to) / (to - from)));
  return {
    endMs: toMilliseconds(Math.max(1, endNs)),
    startsMs: starts.map(toMilliseconds),
    charts: chartsOf(series, { sums, rates, means }, toMilliseconds(perPoint * series.intervalNs)),
  };
}

type Reduce = (column: Float64Array) => number[];

function chartsOf(
  series: FleetSeries,
  { sums, rates, means }: Readonly<Record<"sums" | "rates" | "means", Reduce>>,
  stretchMs: number,
): Chart[] {
  const filled = (label: string, colour: string, values: number[]): Line => ({
    label,
    colour,
    isFilled: true,
    values,
  });
  const bits = rates(series.bytes).map((rate) => rate * 8);
  return [
    { title: "Power", unit: "W", lines: [filled("", STOP_COLOUR, rates(series.joules))] },
    {
      title: "Hosts on",
      unit: "hosts",
      lines: [filled("", roundColour(2, 5), means(series.activeHosts))],
    },
    {
      title: "CPU",
      unit: "cores",
      lines: [
        filled("granted", roundColour(0, 5), rates(series.granted)),
        {
          label: "demanded",
          colour: DIRTY_COLOUR,
          isFilled: false,
          values: rates(series.demanded),
        },
      ],
    },
    {
      title: `Migrations begun in ${formatDuration(stretchMs)}`,
      unit: "",
      lines: [filled("", DIRTY_COLOUR, sums(series.migrations))],
    },
    { title: "Sent by migrations", unit: "bit/s", lines: [filled("", PULL_COLOUR, bits)] },
  ];
}

function sum(column: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += column[i] ?? 0;
  return total;
}

function brief(amount: number): number {
  return Number(amount.toPrecision(5));
}
