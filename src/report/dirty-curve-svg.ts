import type { DirtyCurve } from "../predict/equilibrium.js";
import { formatBytes, formatDuration, formatRate } from "../quantity-text.js";
import type { Bytes, Milliseconds } from "../units.js";
import { byteTicks, timeAxis } from "./axis-ticks.js";
import { escapeMarkup, coordinate as xy } from "./markup.js";
import { DIRTY_COLOUR, roundColour, STOP_COLOUR } from "./palette.js";
import { heading, picture, text } from "./svg.js";

const WIDTH = 900;
const HEIGHT = 420;
const PLOT = { left: 84, top: 78, right: WIDTH - 28, bottom: HEIGHT - 88 } as const;
const LINK_COLOUR: string = roundColour(1, 5);

/** Where instants and bytes stand in the plot. */
interface Scale {
  x(ms: Milliseconds): number;
  y(bytes: Bytes): number;
}

/**
 * Whether passes get short enough, as a picture: D(t), what the guest dirties within t; the link line, what
 * is sent within t; and the threshold, what may remain for the switchover. Passes settle where D(t) meets
 * the link line, so the migration converges when that is below the threshold. A self-contained SVG of
 * 900 x 420.
 */
export function dirtyCurveSvg(curve: DirtyCurve, title: string): string {
  const { points, bandwidth, thresholdBytes } = curve;
  const longest = Math.max(points.at(-1)?.ms ?? 0, Number.MIN_VALUE);
  const highest = 1.12 * Math.max(thresholdBytes, points.at(-1)?.bytes ?? 0, 1);
  const width = PLOT.right - PLOT.left;
  const height = PLOT.bottom - PLOT.top;
  const scale: Scale = {
    x: (ms) => PLOT.left + (ms / longest) * width,
    y: (bytes) => PLOT.bottom - (bytes / highest) * height,
  };
  // The link line leaves the plot where it is as high as that.
  const linkMs = Math.min(longest, (highest * 1000) / bandwidth);
  const link = [
    { ms: 0, bytes: 0 },
    { ms: linkMs, bytes: (bandwidth * linkMs) / 1000 },
  ];
  const threshold = [
    { ms: 0, bytes: thresholdBytes },
    { ms: longest, bytes: thresholdBytes },
  ];
  const words = { title, subtitle: outcome(curve) };
  const body = [
    heading(words),
    axes(longest, highest, scale),
    line(threshold, scale, STOP_COLOUR, ' stroke-dasharray="6 5"'),
    line(link, scale, LINK_COLOUR),
    line(points, scale, DIRTY_COLOUR),
    crossing(curve, scale),
    legend(curve),
  ];
  return picture(WIDTH, HEIGHT, words, body.join(""));
}

function outcome({ equilibriumMs, downtimeLimitMs }: DirtyCurve): string {
  if (equilibriumMs === 0) return "Below the link line everywhere: passes shrink to nothing";
  const settled = `Passes settle at ${formatDuration(equilibriumMs)}`;
  return equilibriumMs <= downtimeLimitMs
    ? `${settled}, within the downtime limit of ${formatDuration(downtimeLimitMs)}`
    : `${settled}, longer than the downtime limit of ${formatDuration(downtimeLimitMs)}`;
}

function axes(longest: Milliseconds, highest: Bytes, scale: Scale): string {
  const { ticks, unit } = timeAxis(longest, 8);
  const rows = byteTicks(highest, 6).map(({ at, label }) => {
    const y = xy(scale.y(at));
    const grid = `<line class="gw-grid" x1="${PLOT.left}" y1="${y}" x2="${PLOT.right}" y2="${y}"/>`;
    return grid + text(PLOT.left - 8, scale.y(at) + 4, label, "gw-muted", ' text-anchor="end"');
  });
  const columns = ticks.map(({ at, label }) =>
    text(scale.x(at), PLOT.bottom + 18, label, "gw-muted", ' text-anchor="middle"'),
  );
  const axis = `<line class="gw-axis" x1="${PLOT.left}" y1="${PLOT.bottom}" x2="${PLOT.right}" y2="${PLOT.bottom}"/>`;
  const middle = (PLOT.left + PLOT.right) / 2;
  const name = `length of a pass, ${unit}`;
  const label = text(middle, PLOT.bottom + 38, name, "gw-muted", ' text-anchor="middle"');
  return rows.join("") + columns.join("") + axis + label;
}

function line(
  points: readonly { readonly ms: Milliseconds; readonly bytes: Bytes }[],
  scale: Scale,
  colour: string,
  more = "",
): string {
  const path = points.map(({ ms, bytes }) => `${xy(scale.x(ms))},${xy(scale.y(bytes))}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${more}/>`;
}

/** Where passes settle, with a line down to their length. */
function crossing({ equilibriumMs, bandwidth }: DirtyCurve, scale: Scale): string {
  if (equilibriumMs === 0) return "";
  const bytes = (bandwidth * equilibriumMs) / 1000;
  const x = scale.x(equilibriumMs);
  const y = scale.y(bytes);
  const label = `${formatDuration(equilibriumMs)}, ${formatBytes(bytes)}`;
  const drop = `<line class="gw-axis" x1="${xy(x)}" y1="${xy(y)}" x2="${xy(x)}" y2="${PLOT.bottom}" stroke-dasharray="2 3"/>`;
  const dot = `<circle cx="${xy(x)}" cy="${xy(y)}" r="5" fill="${DIRTY_COLOUR}" stroke="${LINK_COLOUR}" stroke-width="2"><title>${escapeMarkup(label)}</title></circle>`;
  return drop + dot + text(x + 10, y + 20, label, "gw-ink gw-strong");
}

function legend({ bandwidth, thresholdBytes }: DirtyCurve): string {
  const entries = [
    { colour: DIRTY_COLOUR, label: "dirtied within a pass, D(t)", dash: "" },
    { colour: LINK_COLOUR, label: `sent within a pass, ${formatRate(bandwidth)}`, dash: "" },
    {
      colour: STOP_COLOUR,
      label: `few enough to switch over, ${formatBytes(thresholdBytes)}`,
      dash: ' stroke-dasharray="6 5"',
    },
  ];
  const y = HEIGHT - 22;
  return entries
    .map(({ colour, label, dash }, index) => {
      const x = PLOT.left + index * 262;
      const stroke = `<line x1="${x}" y1="${y - 4}" x2="${x + 26}" y2="${y - 4}" stroke="${colour}" stroke-width="2"${dash}/>`;
      return stroke + text(x + 34, y, label, "gw-muted");
    })
    .join("");
}
