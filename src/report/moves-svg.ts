import { formatCount, formatDuration } from "../quantity-text.js";
import type { Milliseconds } from "../units.js";
import { timeAxis } from "./axis-ticks.js";
import type { DrainMove } from "./drain.js";
import { escapeMarkup, coordinate as xy } from "./markup.js";
import { roundColour, STOP_COLOUR } from "./palette.js";
import { type PictureWords, picture, text } from "./svg.js";

const WIDTH = 900;
const PLOT = { left: 132, top: 66, right: WIDTH - 104 } as const;
const ROW = 22;
const BAR = 12;
/** More rows than these are not read. */
const MOST_ROWS = 60;
const NAME = 16;

/** What the plan's bars are measured against. */
export interface MovesWords extends PictureWords {
  readonly deadlineMs: Milliseconds | null;
}

/**
 * Moves over time, a row for each in the order in which they begin: the bar is the migration, its red end
 * the downtime, and the name behind it where the VM goes. A self-contained SVG, 900 pixels wide.
 */
export function movesSvg(moves: readonly DrainMove[], words: MovesWords): string {
  const ordered = [...moves].sort((a, b) => a.startMs - b.startMs);
  const shown = ordered.slice(0, MOST_ROWS);
  const lastMs = moves.reduce((last, { endMs }) => Math.max(last, endMs), Number.MIN_VALUE);
  // A deadline that is far off would squeeze the moves.
  const { deadlineMs } = words;
  const isNear = deadlineMs !== null && deadlineMs <= 2 * lastMs;
  const longest = isNear ? Math.max(lastMs, deadlineMs) : lastMs;
  const x = (ms: Milliseconds): number => PLOT.left + (ms / longest) * (PLOT.right - PLOT.left);
  const bottom = PLOT.top + Math.max(1, shown.length) * ROW + 4;
  const left = ordered.length - shown.length;
  const body = [
    text(24, 28, words.title, "gw-ink gw-title"),
    words.subtitle === undefined ? "" : text(24, 48, words.subtitle, "gw-muted"),
    axis(longest, bottom, x),
    ...shown.map((move, row) => rowOf(move, PLOT.top + row * ROW, x)),
    isNear ? deadline(x(deadlineMs), bottom) : "",
    left > 0 ? text(24, bottom + 34, `and ${formatCount(left)} more`, "gw-muted") : "",
  ];
  return picture(WIDTH, bottom + 46, words, body.join(""));
}

function rowOf(move: DrainMove, top: number, x: (ms: Milliseconds) => number): string {
  const { vm, from, to, startMs, endMs, downtimeMs, outcome, reason } = move;
  const isDone = outcome === "completed";
  const [start, end] = [x(startMs), Math.max(x(startMs) + 2, x(endMs))];
  const y = top + (ROW - BAR) / 2;
  const length = formatDuration(endMs - startMs);
  const words = `${vm}: ${from} to ${to}, ${length}, downtime ${formatDuration(downtimeMs)}${isDone ? "" : `; ${outcome}: ${reason}`}`;
  const bar = `<rect x="${xy(start)}" y="${xy(y)}" width="${xy(end - start)}" height="${BAR}" rx="3" fill="${isDone ? roundColour(0, 5) : "#8b98a9"}"/>`;
  const stopped = Math.max(2.5, x(startMs + downtimeMs) - start);
  const stop =
    downtimeMs > 0
      ? `<rect x="${xy(end - stopped)}" y="${xy(y)}" width="${xy(stopped)}" height="${BAR}" rx="1" fill="${STOP_COLOUR}"/>`
      : "";
  const target = isDone ? `→ ${shortened(to)}` : "✕ stays";
  return (
    `<g><title>${escapeMarkup(words)}</title>${bar}${stop}` +
    text(PLOT.left - 10, y + 10, shortened(vm), "gw-ink", ' text-anchor="end"') +
    text(end + 7, y + 10, target, "gw-muted") +
    "</g>"
  );
}

function axis(longest: Milliseconds, bottom: number, x: (ms: Milliseconds) => number): string {
  const { ticks, unit } = timeAxis(longest, 9);
  const columns = ticks.map(
    ({ at, label }) =>
      `<line class="gw-grid" x1="${xy(x(at))}" y1="${PLOT.top}" x2="${xy(x(at))}" y2="${bottom}"/>` +
      text(x(at), bottom + 17, label, "gw-muted", ' text-anchor="middle"'),
  );
  return columns.join("") + text(PLOT.right + 14, bottom + 17, unit, "gw-muted");
}

function deadline(x: number, bottom: number): string {
  return (
    `<line x1="${xy(x)}" y1="${PLOT.top - 8}" x2="${xy(x)}" y2="${bottom}" stroke="${STOP_COLOUR}" stroke-width="1.5" stroke-dasharray="5 4"/>` +
    text(x, PLOT.top - 12, "deadline", "gw-muted", ' text-anchor="middle"')
  );
}

function shortened(name: string): string {
  return name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
}
