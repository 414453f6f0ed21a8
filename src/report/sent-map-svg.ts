import type { SentCell, SentMap } from "../qemu/sent-map.js";
import { addressTicks, countTicks } from "./axis-ticks.js";
import { escapeMarkup, coordinate as xy } from "./markup.js";
import { PULL_COLOUR, roundColour, STOP_COLOUR } from "./palette.js";
import { heading, type PictureWords, picture, text } from "./svg.js";

const WIDTH = 900;
const HEIGHT = 480;
const PLOT = { left: 84, top: 70, right: WIDTH - 28, bottom: HEIGHT - 88 } as const;
const SHADES = 8;
/** Pages of zeros, which cost next to nothing. */
const ZERO_COLOUR = "#9aa7b6";

/**
 * Which pages of the guest a stream sent when: pages sent run to the right, for a stream has no clock, and
 * memory upward, block by block in the stream's order. A self-contained SVG of 900 x 480.
 */
export function sentMapSvg(map: SentMap, words: PictureWords): string {
  const x = (sent: number): number =>
    PLOT.left + (sent / Math.max(1, map.sent)) * (PLOT.right - PLOT.left);
  const y = (page: number): number =>
    PLOT.bottom - (page / Math.max(1, map.pageCount)) * (PLOT.bottom - PLOT.top);
  const rounds =
    1 +
    map.cells.reduce(
      (most, { kind, round }) => (kind === "pull" ? most : Math.max(most, round)),
      0,
    );
  const paths = new Map<string, string[]>();
  for (const cell of map.cells) {
    const look = lookOf(cell, rounds);
    const left = x(cell.from);
    const top = y(cell.toPage);
    const width = Math.max(1.5, x(cell.to) - left);
    const height = Math.max(1.5, y(cell.fromPage) - top);
    const rectangle = `M${xy(left)} ${xy(top)}h${xy(width)}v${xy(height)}h${xy(-width)}z`;
    const path = paths.get(look);
    if (path === undefined) paths.set(look, [rectangle]);
    else path.push(rectangle);
  }
  const drawn = [...paths].map(([look, path]) => `<path ${look} d="${path.join("")}"/>`);
  const cells = `<g shape-rendering="crispEdges">${drawn.join("")}</g>`;
  const body = heading(words) + axes(map, x, y) + cells + legend(map, rounds);
  return picture(WIDTH, HEIGHT, words, body);
}

function lookOf(cell: SentCell, rounds: number): string {
  const share =
    cell.pages / Math.max(1, Math.min(cell.to - cell.from, cell.toPage - cell.fromPage));
  const shade = Math.min(SHADES, Math.max(1, Math.ceil(share * SHADES)));
  const [least, most] = cell.kind === "zero" ? [0.25, 0.5] : [0.6, 1];
  const opacity = least + ((most - least) * shade) / SHADES;
  return `fill="${colourOf(cell, rounds)}" fill-opacity="${xy(opacity)}"`;
}

function colourOf({ kind, round }: SentCell, rounds: number): string {
  if (kind === "zero") return ZERO_COLOUR;
  if (kind === "push") return roundColour(round, rounds);
  return kind === "stop" ? STOP_COLOUR : PULL_COLOUR;
}

function axes(map: SentMap, x: (sent: number) => number, y: (page: number) => number): string {
  const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
    `<line class="${kind}" x1="${xy(x1)}" y1="${xy(y1)}" x2="${xy(x2)}" y2="${xy(y2)}"/>`;
  const addresses = addressTicks(map.pageCount, 8).map(
    ({ at, label }) =>
      line(PLOT.left, y(at), PLOT.right, y(at), "gw-grid") +
      text(PLOT.left - 8, y(at) + 4, label, "gw-muted", ' text-anchor="end"'),
  );
  const counts = countTicks(map.sent, 10).map(
    ({ at, label }) =>
      line(x(at), PLOT.bottom, x(at), PLOT.bottom + 5, "gw-axis") +
      text(x(at), PLOT.bottom + 19, label, "gw-muted", ' text-anchor="middle"'),
  );
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    ...addresses,
    ...counts,
    line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "gw-axis"),
    line(PLOT.left, PLOT.top, PLOT.left, PLOT.bottom, "gw-axis"),
    text(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 38,
      "pages sent",
      "gw-muted",
      ' text-anchor="middle"',
    ),
    text(
      18,
      middle,
      "memory, block by block",
      "gw-muted",
      ` text-anchor="middle" transform="rotate(-90 18 ${middle})"`,
    ),
  ].join("");
}

function legend(map: SentMap, rounds: number): string {
  const shown = new Set(map.cells.map(({ kind }) => kind));
  const items: (readonly [label: string, fills: readonly string[]])[] = [];
  if (shown.has("zero")) items.push(["pages of zeros", [ZERO_COLOUR]]);
  if (shown.has("push")) {
    const steps = Math.min(rounds, 12);
    const fills = Array.from({ length: steps }, (_, step) =>
      roundColour(steps < 2 ? 0 : (step / (steps - 1)) * (rounds - 1), rounds),
    );
    items.push([rounds === 1 ? "round 0" : `rounds 0 to ${rounds - 1}`, fills]);
  }
  if (shown.has("stop")) items.push(["while the guest stood", [STOP_COLOUR]]);
  if (shown.has("pull")) items.push(["while it ran at the target", [PULL_COLOUR]]);
  const y = HEIGHT - 18;
  let left: number = PLOT.left;
  return items
    .map(([label, fills]) => {
      const swatches = fills.map(
        (fill, i) =>
          `<rect x="${xy(left + 12 * i)}" y="${y - 10}" width="12" height="12" fill="${escapeMarkup(fill)}"/>`,
      );
      const at = left + 12 * fills.length + 6;
      left = at + label.length * 6.2 + 16;
      return swatches.join("") + text(at, y, label, "gw-muted");
    })
    .join("");
}
