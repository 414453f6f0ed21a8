import { formatDuration } from "../quantity-text.js";
import type { Milliseconds, PageCount } from "../units.js";
import { addressTicks, timeAxis } from "./axis-ticks.js";
import { escapeMarkup, coordinate as xy } from "./markup.js";
import type { MapCell, PageTimeMap } from "./page-time-map.js";
import {
  DIRTY_COLOUR,
  FAULT_COLOUR,
  PULL_COLOUR,
  roundColour,
  STOP_COLOUR,
  SVG_STYLE,
} from "./palette.js";

/** Words on a picture. */
export interface PictureWords {
  readonly title: string;
  readonly subtitle?: string;
}

const WIDTH = 900;
const HEIGHT = 480;
const PLOT = { left: 84, top: 78, right: WIDTH - 28, bottom: HEIGHT - 88 } as const;
/** Steps that density is rounded to: cells of one shade share one path, so the file stays small. */
const SHADES = 10;

/** Where instants and pages stand in the plot. */
interface Scale {
  x(ms: Milliseconds): number;
  y(page: PageCount): number;
}

/**
 * The page x time map: which pages crossed the link when. Time runs to the right, guest-physical addresses
 * upward; a round has a colour, and a cell is the more opaque the more of its pages were sent. Cells found
 * dirty lie lightly beneath, faults are dots, and the downtime is a band. A self-contained SVG of 900 x 480.
 */
export function pageTimeMapSvg(map: PageTimeMap, words: PictureWords): string {
  const totalMs = Math.max(map.totalMs, Number.MIN_VALUE);
  const scale: Scale = {
    x: (ms) => PLOT.left + clamp(ms / totalMs) * (PLOT.right - PLOT.left),
    y: (page) => PLOT.bottom - clamp(page / Math.max(1, map.pageCount)) * (PLOT.bottom - PLOT.top),
  };
  const rounds =
    1 +
    map.cells.reduce(
      (most, cell) => (cell.event === "push" ? Math.max(most, cell.round) : most),
      0,
    );
  const body = [
    heading(words),
    grid(map, scale),
    downtimeBand(map, scale),
    areas(
      map.cells.filter((cell) => cell.event === "dirty"),
      scale,
      rounds,
    ),
    areas(
      map.cells.filter((cell) => cell.event !== "dirty" && cell.event !== "fault"),
      scale,
      rounds,
    ),
    faultDots(map.cells, scale),
    downtimeLabel(map, scale),
    legend(map, rounds),
  ];
  return picture(WIDTH, HEIGHT, words, body.join(""));
}

/** The frame that every picture of a report has: size, style, background, and words for those who cannot see it. */
export function picture(width: number, height: number, words: PictureWords, body: string): string {
  const title = escapeMarkup(words.title);
  const text = words.subtitle === undefined ? "" : `<desc>${escapeMarkup(words.subtitle)}</desc>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="gw" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">` +
    `<title>${title}</title>${text}<style>${SVG_STYLE}</style>` +
    `<rect class="gw-bg" width="${width}" height="${height}" rx="8"/>${body}</svg>\n`
  );
}

/** Pictures one below the other as one. */
export function stackedSvg(
  pictures: readonly string[],
  width: number,
  height: number,
  words: PictureWords,
): string {
  const placed = pictures.map((svg, index) =>
    svg.replace("<svg ", `<svg y="${index * height}" `).trimEnd(),
  );
  return picture(width, height * pictures.length, words, placed.join(""));
}

/** Title and subtitle at the top left of a picture. */
export function heading(words: PictureWords): string {
  const subtitle =
    words.subtitle === undefined ? "" : text(PLOT.left, 48, words.subtitle, "gw-muted");
  return text(PLOT.left, 28, words.title, "gw-ink gw-title") + subtitle;
}

/** A line of text; `more` are further attributes. */
export function text(x: number, y: number, words: string, kind: string, more = ""): string {
  return `<text class="${kind}" x="${xy(x)}" y="${xy(y)}"${more}>${escapeMarkup(words)}</text>`;
}

function grid(map: PageTimeMap, scale: Scale): string {
  const addresses = addressTicks(map.pageCount, 8).map(({ at, label }) => {
    const y = scale.y(at);
    return (
      line(PLOT.left, y, PLOT.right, y, "gw-grid") +
      text(PLOT.left - 8, y + 4, label, "gw-muted", ' text-anchor="end"')
    );
  });
  const axis = timeAxis(map.totalMs, 10);
  const instants = axis.ticks.map(({ at, label }) => {
    const x = scale.x(at);
    return (
      line(x, PLOT.bottom, x, PLOT.bottom + 5, "gw-axis") +
      text(x, PLOT.bottom + 19, label, "gw-muted", ' text-anchor="middle"')
    );
  });
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    ...addresses,
    ...instants,
    line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "gw-axis"),
    line(PLOT.left, PLOT.top, PLOT.left, PLOT.bottom, "gw-axis"),
    text(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 38,
      `time since the request (${axis.unit})`,
      "gw-muted",
      ' text-anchor="middle"',
    ),
    text(
      18,
      middle,
      "guest-physical address",
      "gw-muted",
      ` text-anchor="middle" transform="rotate(-90 18 ${middle})"`,
    ),
  ].join("");
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line class="${kind}" x1="${xy(x1)}" y1="${xy(y1)}" x2="${xy(x2)}" y2="${xy(y2)}"/>`;
}

/** Cells as one path for each colour and shade. */
function areas(cells: readonly MapCell[], scale: Scale, rounds: number): string {
  const paths = new Map<string, string[]>();
  for (const cell of cells) {
    const density = cell.pages / Math.max(1, cell.toPage - cell.fromPage);
    const shade = Math.max(1, Math.ceil(clamp(density) * SHADES));
    const look = `fill="${colourOf(cell, rounds)}" fill-opacity="${xy(opacityOf(cell, shade))}"`;
    const path = paths.get(look);
    if (path === undefined) paths.set(look, [rectangle(cell, scale)]);
    else path.push(rectangle(cell, scale));
  }
  // Without crisp edges neighbouring cells would show a seam of background.
  const drawn = [...paths].map(([look, path]) => `<path ${look} d="${path.join("")}"/>`);
  return `<g shape-rendering="crispEdges">${drawn.join("")}</g>`;
}

/** Even one page and one instant must be seen, so a cell of sent pages is never less than two pixels and a half. */
function rectangle(cell: MapCell, scale: Scale): string {
  const least = cell.event === "dirty" ? 1 : 2.5;
  const left = scale.x(cell.startMs);
  const width = Math.max(least, scale.x(cell.endMs) - left);
  const top = scale.y(cell.toPage);
  const height = Math.max(least, scale.y(cell.fromPage) - top);
  const x = Math.min(left, PLOT.right - width);
  const y = Math.min(top, PLOT.bottom - height);
  return `M${xy(x)} ${xy(y)}h${xy(width)}v${xy(height)}h${xy(-width)}z`;
}

function opacityOf(cell: MapCell, shade: number): number {
  return cell.event === "dirty" ? 0.08 + 0.24 * (shade / SHADES) : 0.55 + 0.45 * (shade / SHADES);
}

function colourOf(cell: MapCell, rounds: number): string {
  if (cell.event === "push") return roundColour(cell.round, rounds);
  if (cell.event === "dirty") return DIRTY_COLOUR;
  return cell.event === "pull" ? PULL_COLOUR : STOP_COLOUR;
}

/** Dots are strokes of no length with round ends: one short path for all of them. */
function faultDots(cells: readonly MapCell[], scale: Scale): string {
  const dots = cells
    .filter((cell) => cell.event === "fault")
    .map(
      (cell) =>
        `M${xy(scale.x((cell.startMs + cell.endMs) / 2))} ${xy(scale.y((cell.fromPage + cell.toPage) / 2))}h0`,
    );
  if (dots.length === 0) return "";
  // A few faults should catch the eye; thousands should not hide the pages beneath.
  const [width, opacity] = dots.length > 300 ? [2, 0.7] : [3, 1];
  return `<path fill="none" stroke="${FAULT_COLOUR}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linecap="round" d="${dots.join("")}"/>`;
}

function downtimeBand({ downtime }: PageTimeMap, scale: Scale): string {
  if (downtime === null) return "";
  const left = scale.x(downtime.startMs);
  const width = Math.max(1.5, scale.x(downtime.endMs) - left);
  return `<rect x="${xy(left)}" y="${PLOT.top}" width="${xy(width)}" height="${PLOT.bottom - PLOT.top}" fill="${STOP_COLOUR}" fill-opacity="0.16"/>`;
}

/** The label stands above the band, and leans to the side where there is room. */
function downtimeLabel({ downtime }: PageTimeMap, scale: Scale): string {
  if (downtime === null) return "";
  const left = scale.x(downtime.startMs);
  const right = scale.x(downtime.endMs);
  const middle = (left + right) / 2;
  const anchor = middle > PLOT.right - 70 ? "end" : middle < PLOT.left + 70 ? "start" : "middle";
  const x = anchor === "end" ? right : anchor === "start" ? left : middle;
  const bracket = `<path fill="none" stroke="${STOP_COLOUR}" d="M${xy(left)} ${PLOT.top}v-4H${xy(Math.max(right, left + 1.5))}v4"/>`;
  const words = `downtime ${formatDuration(downtime.endMs - downtime.startMs)}`;
  return (
    bracket +
    `<text class="gw-strong" fill="${STOP_COLOUR}" x="${xy(x)}" y="${PLOT.top - 9}" text-anchor="${anchor}">${words}</text>`
  );
}

/** What the colours mean; only what the picture shows is explained. */
function legend(map: PageTimeMap, rounds: number): string {
  const shown = new Set(map.cells.map((cell) => cell.event));
  const items: { label: string; mark: (x: number, y: number) => string; width: number }[] = [];
  const swatch =
    (fill: string, opacity = 1) =>
    (x: number, y: number) =>
      `<rect x="${xy(x)}" y="${y - 10}" width="12" height="12" rx="2" fill="${fill}" fill-opacity="${opacity}"/>`;
  const add = (label: string, mark: (x: number, y: number) => string, width = 12) =>
    items.push({ label, mark, width });
  if (shown.has("push") && rounds <= 5) {
    for (let round = 0; round < rounds; round += 1)
      add(`round ${round}`, swatch(roundColour(round, rounds)));
  } else if (shown.has("push")) {
    add(`rounds 0 to ${rounds - 1}`, (x, y) => ramp(x, y, rounds), 72);
  }
  if (shown.has("stop-and-copy")) add("while stopped", swatch(STOP_COLOUR));
  if (shown.has("pull")) add("after the resume", swatch(PULL_COLOUR));
  if (shown.has("fault"))
    add(
      "fault",
      (x, y) => `<circle cx="${xy(x + 6)}" cy="${y - 4}" r="3" fill="${FAULT_COLOUR}"/>`,
    );
  if (shown.has("dirty")) add("found dirty", swatch(DIRTY_COLOUR, 0.4));
  if (map.downtime !== null) add("downtime", swatch(STOP_COLOUR, 0.2));
  const y = HEIGHT - 18;
  let x: number = PLOT.left;
  return items
    .map(({ label, mark, width }) => {
      const drawn = mark(x, y) + text(x + width + 6, y, label, "gw-muted");
      // Widths of text are not known here; 6.2 px a letter is generous for 12 px type.
      x += width + 6 + label.length * 6.2 + 16;
      return drawn;
    })
    .join("");
}

function ramp(x: number, y: number, rounds: number): string {
  const steps = Array.from({ length: 12 }, (_, step) => {
    const fill = roundColour((step / 11) * (rounds - 1), rounds);
    return `<rect x="${xy(x + step * 6)}" y="${y - 10}" width="6" height="12" fill="${fill}"/>`;
  });
  return `<g shape-rendering="crispEdges">${steps.join("")}</g>`;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
