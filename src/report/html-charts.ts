import type { MigrationReport, RoundReport } from "../migration/report.js";
import { escapeScriptJson } from "./markup.js";
import { DIRTY_COLOUR, PULL_COLOUR, roundColour, STOP_COLOUR } from "./palette.js";
import { UPLOT_SCRIPT } from "./uplot.generated.js";

/** One bar series of a chart: null where a round has no bar in it. */
interface ChartSeries {
  readonly label: string;
  readonly fill: string;
  readonly values: readonly (number | null)[];
}

/** What the page's script draws a chart from. */
interface Chart {
  readonly unit: "bytes" | "pages";
  readonly rounds: readonly number[];
  readonly series: readonly ChartSeries[];
}

/** A place for the chart of bytes per round, with the values it is drawn from. */
export function bytesChart(report: MigrationReport): string {
  const { rounds } = report;
  const inPhase = (phase: RoundReport["phase"]) =>
    rounds.map((round) => (round.phase === phase ? round.bytesSent : null));
  const all = [
    { label: "pushed while running", fill: roundColour(0, 1), values: inPhase("push") },
    { label: "while stopped", fill: STOP_COLOUR, values: inPhase("stop-and-copy") },
    { label: "after the resume", fill: PULL_COLOUR, values: inPhase("pull") },
  ];
  const series = all.filter(({ values }) => values.some((value) => value !== null));
  return place({ unit: "bytes", rounds: rounds.map((round) => round.round), series });
}

/** A place for the chart of dirty pages after each round. */
export function dirtyChart(report: MigrationReport): string {
  const { rounds } = report;
  const values = rounds.map((round) => round.dirtyPagesAtEnd);
  const series = [{ label: "dirty or absent at the end", fill: DIRTY_COLOUR, values }];
  return place({ unit: "pages", rounds: rounds.map((round) => round.round), series });
}

function place(chart: Chart): string {
  return `<div class="chart"><script type="application/json">${escapeScriptJson(chart)}</script></div>`;
}

/** The scripts that turn every place into a chart; they come once, at the end of the page. */
export function chartScripts(): string {
  return `<script>${UPLOT_SCRIPT}</script><script>${DRAW_CHARTS}</script>`;
}

/**
 * Runs in the reader's browser. Written by hand as a browser script, since it is text here: it draws each
 * chart from the JSON in its place, follows the width of the page, and redraws when light turns to dark.
 */
const DRAW_CHARTS = `
(() => {
  const units = { bytes: [1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]], pages: [1000, ["", "k", "M", "G", "T"]] };
  const format = (value, unit) => {
    if (value == null) return "-";
    const [base, names] = units[unit];
    let step = 0;
    while (Math.abs(value) >= base && step < names.length - 1) { value /= base; step += 1; }
    return Number(value.toPrecision(4)) + names[step];
  };
  const stepOf = (max, base) => {
    if (base === 1024) return 2 ** Math.max(0, Math.ceil(Math.log2(max / 5)));
    const power = 10 ** Math.floor(Math.log10(max / 5));
    return Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((step) => max / step <= 5));
  };
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = "12px system-ui, sans-serif";
  const draw = (place) => {
    const chart = JSON.parse(place.querySelector("script").textContent);
    const count = chart.rounds.length;
    const positions = chart.rounds.map((_, index) => index);
    const every = Math.ceil(count / 15);
    const axis = { stroke: style("--muted"), font, grid: { show: false }, ticks: { stroke: style("--line") } };
    const options = {
      width: place.clientWidth, height: 250, padding: [12, 12, 0, 8],
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => [-0.6, Math.max(1, count) - 0.4] },
        y: { range: (_, min, max) => [0, max > 0 ? max * 1.06 : 1] },
      },
      series: [
        { label: "round", value: (_, index) => (index == null ? "-" : String(chart.rounds[index])) },
        ...chart.series.map((series) => ({
          label: series.label, fill: series.fill, stroke: series.fill, width: 0, points: { show: false },
          paths: uPlot.paths.bars({ size: [0.72, 64], radius: 0.04 }),
          value: (_, value) => format(value, chart.unit),
        })),
      ],
      axes: [
        {
          ...axis, size: 44, label: "round", labelFont: font, labelSize: 16,
          splits: () => positions.filter((position) => position % every === 0),
          values: (_, splits) => splits.map((position) => chart.rounds[position]),
        },
        {
          ...axis, size: 72, grid: { stroke: style("--line"), width: 1 },
          splits: (_, index, min, max) => {
            const step = stepOf(max, units[chart.unit][0]);
            return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
          },
          values: (_, splits) => splits.map((value) => format(value, chart.unit)),
        },
      ],
    };
    return new uPlot(options, [positions, ...chart.series.map((series) => series.values)], place);
  };
  const places = [...document.querySelectorAll(".chart")];
  let charts = places.map(draw);
  addEventListener("resize", () => charts.forEach((chart, index) => chart.setSize({ width: places[index].clientWidth, height: 250 })));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    charts.forEach((chart) => chart.destroy());
    charts = places.map(draw);
  });
})();
`;
