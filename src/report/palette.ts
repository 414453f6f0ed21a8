import type { RoundPhase } from "../migration/report.js";

/**
 * The colours of every picture, chosen to stand on white and on near-black alike. A round's colour says
 * how late it is: from deep blue (the full copy) through teal to lime.
 */
export const STOP_COLOUR = "#e5484d";
/** Pages pulled or pushed after the guest resumed at the target. */
export const PULL_COLOUR = "#9461d4";
/** Faults of the guest at the target. */
export const FAULT_COLOUR = "#ff8a3d";
/** Pages that were found dirty. */
export const DIRTY_COLOUR = "#e9a800";

/** The parts of the downtime in the order they happen. */
export const DOWNTIME_COLOURS: readonly string[] = [
  "#8b98a9",
  STOP_COLOUR,
  "#e9a800",
  "#3fa796",
  "#4a7de0",
];

const ROUND_COLOURS: readonly (readonly [number, number, number])[] = [
  [47, 95, 208],
  [26, 148, 199],
  [20, 168, 148],
  [86, 178, 92],
  [158, 186, 48],
];

/** Colour of a push round, out of so many. Few rounds are spread widely, many evenly. */
export function roundColour(round: number, rounds: number): string {
  const place = rounds <= 1 ? 0 : (round / Math.max(4, rounds - 1)) * (ROUND_COLOURS.length - 1);
  const low = Math.min(Math.floor(place), ROUND_COLOURS.length - 1);
  const from = ROUND_COLOURS[low] ?? [0, 0, 0];
  const to = ROUND_COLOURS[Math.min(low + 1, ROUND_COLOURS.length - 1)] ?? from;
  const mixed = from.map((part, index) =>
    Math.round(part + ((to[index] ?? part) - part) * (place - low)),
  );
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Colour of a round by its phase. */
export function phaseColour(phase: RoundPhase, round: number, rounds: number): string {
  if (phase === "push") return roundColour(round, rounds);
  return phase === "pull" ? PULL_COLOUR : STOP_COLOUR;
}

const FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/** Style of a picture by itself: follows the reader's light or dark scheme, also as an image in a page. */
export const SVG_STYLE: string = [
  `.gw{font-family:${FONT};font-size:12px;font-variant-numeric:tabular-nums}`,
  ".gw-bg{fill:#fff}.gw-ink{fill:#1a2230}.gw-muted{fill:#5f6b7c}",
  ".gw-grid{stroke:#e3e7ed;stroke-width:1}.gw-axis{stroke:#aab4c2;stroke-width:1}",
  ".gw-title{font-size:16px;font-weight:600}.gw-strong{font-weight:600}",
  "@media(prefers-color-scheme:dark){.gw-bg{fill:#141922}.gw-ink{fill:#e8ecf2}.gw-muted{fill:#9aa6b8}",
  ".gw-grid{stroke:#262e3b}.gw-axis{stroke:#48536a}}",
].join("");
