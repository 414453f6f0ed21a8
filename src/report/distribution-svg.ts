import { formatDuration } from "../quantity-text.js";
import type { Milliseconds } from "../units.js";
import { timeAxis } from "./axis-ticks.js";
import { quantile } from "./fleet-figures.js";
import { coordinate as xy } from "./markup.js";
import { DIRTY_COLOUR, PULL_COLOUR, roundColour, STOP_COLOUR } from "./palette.js";
import { type PictureWords, picture, text } from "./svg.js";

/** Lengths of time of one kind, such as the times to empty under one platform. */
export interface Sample {
  readonly name: string;
  readonly valuesMs: readonly Milliseconds[];
}

/** What surrounds the curves. */
export interface DistributionWords extends PictureWords {
  /** What lies on the axis: "time to empty". */
  readonly axis: string;
  /** A length of time that must not be passed, such as a deadline. */
  readonly limit?: { readonly ms: Milliseconds; readonly label: string };
}

const COLOURS: readonly string[] = [
  roundColour(0, 5),
  DIRTY_COLOUR,
  PULL_COLOUR,
  roundColour(2, 5),
  STOP_COLOUR,
  "#8b98a9",
];
/** Points of a curve: a picture shows no more. */
const STEPS = 240;
/** The last hundredth of a long tail would squeeze the rest. */
const SHOWN = 0.99;
const ROW = 20;

/** Colour of the n-th sample, in every picture of the same samples. */
export function sampleColour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? "#888";
}

/**
 * The share that took at most so long, a curve for each sample, with median and 95 % in the legend. The
 * axis ends a little after the last sample's 99 %. A self-contained SVG, `width` pixels wide.
 */
export function distributionSvg(
  samples: readonly Sample[],
  words: DistributionWords,
  width = 900,
): string {
  const sorted = samples
    .map(({ name, valuesMs }, index) => ({
      name,
      colour: sampleColour(index),
      values: Float64Array.from(valuesMs).sort(),
    }))
    .filter(({ values }) => values.length > 0);
  const legendTop = 330;
  const plot = { left: 60, top: 70, right: width - 26, bottom: legendTop - 56 };
  const last = Math.max(...sorted.map(({ values }) => shownEnd(values)), Number.MIN_VALUE);
  // A limit that is far off would squeeze the curves.
  const limit = words.limit !== undefined && words.limit.ms <= 3 * last ? words.limit : undefined;
  const longest = Math.max(last * 1.06, (limit?.ms ?? 0) * 1.04);
  const x = (ms: Milliseconds): number => plot.left + (ms / longest) * (plot.right - plot.left);
  const y = (share: number): number => plot.bottom - share * (plot.bottom - plot.top);
  const curves = sorted.map(({ values, colour }) => {
    const shown = curvePoints(values).filter(([ms]) => ms <= longest);
    const path = [...shown, [longest, shown.at(-1)?.[1] ?? 0] as const].map(
      ([ms, share]) => `${xy(x(ms))},${xy(y(share))}`,
    );
    return `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2.2" stroke-linejoin="round"/>`;
  });
  const body = [
    text(plot.left, 28, words.title, "gw-ink gw-title"),
    words.subtitle === undefined ? "" : text(plot.left, 48, words.subtitle, "gw-muted"),
    grid(plot, longest, words.axis, { x, y }),
    limitLine(limit, plot, x),
    ...curves,
    ...sorted.map((sample, index) => legendRow(sample, legendTop + index * ROW, plot.left)),
  ];
  return picture(width, legendTop + sorted.length * ROW, words, body.join(""));
}

type Plot = Readonly<Record<"left" | "top" | "right" | "bottom", number>>;

interface Scale {
  x(ms: Milliseconds): number;
  y(share: number): number;
}

/** Where a curve may leave the picture; what lasts forever never shows. */
function shownEnd(values: Float64Array): Milliseconds {
  const finite = values.filter(Number.isFinite);
  return finite.length > 0 ? quantile(finite, SHOWN) : 0;
}

/** Steps at each value; of many values, at evenly chosen ranks. */
function curvePoints(values: Float64Array): [ms: Milliseconds, share: number][] {
  const count = Math.min(STEPS, values.length);
  const points: [number, number][] = [[quantile(values, 0), 0]];
  for (let i = 1; i <= count; i++) {
    const before = points.at(-1)?.[1] ?? 0;
    const ms = quantile(values, i / count);
    points.push([ms, before], [ms, i / count]);
  }
  return points;
}

function grid(plot: Plot, longest: Milliseconds, name: string, { x, y }: Scale): string {
  const rows = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="gw-grid" x1="${plot.left}" y1="${xy(y(share))}" x2="${plot.right}" y2="${xy(y(share))}"/>` +
      text(plot.left - 8, y(share) + 4, `${share * 100} %`, "gw-muted", ' text-anchor="end"'),
  );
  const { ticks, unit } = timeAxis(longest, (plot.right - plot.left) / 80);
  const columns = ticks.map(
    ({ at, label }) =>
      `<line class="gw-axis" x1="${xy(x(at))}" y1="${plot.bottom}" x2="${xy(x(at))}" y2="${plot.bottom + 4}"/>` +
      text(x(at), plot.bottom + 18, label, "gw-muted", ' text-anchor="middle"'),
  );
  const middle = (plot.left + plot.right) / 2;
  const label = text(
    middle,
    plot.bottom + 36,
    `${name}, ${unit}`,
    "gw-muted",
    ' text-anchor="middle"',
  );
  return rows.join("") + columns.join("") + label;
}

function limitLine(limit: DistributionWords["limit"], plot: Plot, x: Scale["x"]): string {
  if (limit === undefined) return "";
  const at = xy(x(limit.ms));
  return (
    `<line x1="${at}" y1="${plot.top - 6}" x2="${at}" y2="${plot.bottom}" stroke="${STOP_COLOUR}" stroke-width="1.5" stroke-dasharray="5 4"/>` +
    text(x(limit.ms) - 6, plot.top - 2, limit.label, "gw-muted", ' text-anchor="end"')
  );
}

function legendRow(
  { name, colour, values }: { name: string; colour: string; values: Float64Array },
  y: number,
  left: number,
): string {
  const [median, p95] = [quantile(values, 0.5), quantile(values, 0.95)].map(formatDuration);
  return (
    `<rect x="${left}" y="${y - 3}" width="14" height="4" rx="2" fill="${colour}"/>` +
    text(left + 22, y + 3, `${name}: median ${median}, 95 % within ${p95}`, "gw-muted")
  );
}
