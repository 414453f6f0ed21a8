import type { MigrationReport, RoundReport } from "../migration/report.js";
import { formatBytes, formatCount, formatDuration } from "../quantity-text.js";
import { byteTicks, countTicks, type Tick } from "./axis-ticks.js";
import { escapeMarkup, coordinate as xy } from "./markup.js";
import { DIRTY_COLOUR, DOWNTIME_COLOURS, phaseColour } from "./palette.js";
import { heading, picture, text } from "./svg.js";
import { downtimeList } from "./text.js";

const WIDTH = 900;
const HEIGHT = 300;
const PLOT = { left: 84, top: 66, right: WIDTH - 28, bottom: HEIGHT - 50 } as const;

interface Bar {
  readonly value: number;
  readonly fill: string;
  readonly label: string;
}

/** Bytes that each round sent, as bars in the colours of the page x time map. A self-contained SVG of 900 x 300. */
export function bytesPerRoundSvg(rounds: readonly RoundReport[]): string {
  const bars = rounds.map((round) => ({
    value: round.bytesSent,
    fill: phaseColour(round.phase, round.round, rounds.length),
    label: `round ${round.round}, ${round.phase}: ${formatBytes(round.bytesSent)}`,
  }));
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return barChart("Bytes sent per round", rounds, bars, most, byteTicks(most, 5));
}

/** Pages that were dirty (in the pull phase: absent) at the end of each round. A self-contained SVG of 900 x 300. */
export function dirtyPagesPerRoundSvg(rounds: readonly RoundReport[]): string {
  const bars = rounds.map((round) => ({
    value: round.dirtyPagesAtEnd,
    fill: DIRTY_COLOUR,
    label: `round ${round.round}, ${round.phase}: ${formatCount(round.dirtyPagesAtEnd)} pages`,
  }));
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return barChart("Dirty pages at the end of each round", rounds, bars, most, countTicks(most, 5));
}

function barChart(
  title: string,
  rounds: readonly RoundReport[],
  bars: readonly Bar[],
  most: number,
  ticks: readonly Tick[],
): string {
  const height = PLOT.bottom - PLOT.top;
  const y = (value: number): number => PLOT.bottom - (value / most) * height;
  const slot = (PLOT.right - PLOT.left) / Math.max(1, bars.length);
  const width = Math.min(72, slot * 0.72);
  const lines = ticks.map(
    ({ at, label }) =>
      gridLine(y(at)) + text(PLOT.left - 8, y(at) + 4, label, "gw-muted", ' text-anchor="end"'),
  );
  // With many rounds only some are named, or the names would run into each other.
  const every = Math.ceil(bars.length / 30);
  const drawn = bars.map((bar, index) => {
    const middle = PLOT.left + (index + 0.5) * slot;
    const tall = Math.max(bar.value > 0 ? 1 : 0, PLOT.bottom - y(bar.value));
    const name = rounds[index]?.round ?? index;
    return (
      `<rect x="${xy(middle - width / 2)}" y="${xy(PLOT.bottom - tall)}" width="${xy(width)}" height="${xy(tall)}" rx="1.5" fill="${bar.fill}"><title>${escapeMarkup(bar.label)}</title></rect>` +
      (index % every === 0
        ? text(middle, PLOT.bottom + 18, String(name), "gw-muted", ' text-anchor="middle"')
        : "")
    );
  });
  const axis = `<line class="gw-axis" x1="${PLOT.left}" y1="${PLOT.bottom}" x2="${PLOT.right}" y2="${PLOT.bottom}"/>`;
  const name = text(
    (PLOT.left + PLOT.right) / 2,
    PLOT.bottom + 38,
    "round",
    "gw-muted",
    ' text-anchor="middle"',
  );
  return picture(
    WIDTH,
    HEIGHT,
    { title },
    heading({ title }) + lines.join("") + drawn.join("") + axis + name,
  );
}

function gridLine(y: number): string {
  return `<line class="gw-grid" x1="${PLOT.left}" y1="${xy(y)}" x2="${PLOT.right}" y2="${xy(y)}"/>`;
}

/** The downtime's parts as one stacked bar with their lengths beneath. A self-contained SVG of 900 x 150. */
export function downtimePartsSvg(report: MigrationReport): string {
  const total = report.downtimeMs;
  const title =
    total > 0 ? `Downtime ${formatDuration(total)}` : "No downtime: the guest never stopped";
  const whole = PLOT.right - PLOT.left;
  const parts = downtimeList(report).map((part, index) => ({
    ...part,
    fill: DOWNTIME_COLOURS[index] ?? "#888",
  }));
  let x: number = PLOT.left;
  const bar = parts.map(({ label, ms, fill }) => {
    const width = total > 0 ? (ms / total) * whole : 0;
    const drawn = `<rect x="${xy(x)}" y="50" width="${xy(width)}" height="34" fill="${fill}"><title>${label}: ${formatDuration(ms)}</title></rect>`;
    x += width;
    return width > 0 ? drawn : "";
  });
  const column = whole / parts.length;
  const legend = parts.map(({ label, ms, fill }, index) => {
    const left = PLOT.left + index * column;
    const value = text(left + 18, 132, formatDuration(ms), "gw-ink gw-strong");
    return `<rect x="${xy(left)}" y="103" width="12" height="12" rx="2" fill="${fill}"/>${text(left + 18, 113, label, "gw-muted")}${value}`;
  });
  return picture(WIDTH, 150, { title }, heading({ title }) + bar.join("") + legend.join(""));
}
