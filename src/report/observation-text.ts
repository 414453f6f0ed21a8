import type { Observation, PageContents } from "../observe/observation.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
  formatShortCount,
} from "../quantity-text.js";
import { pagesToBytes } from "../units.js";
import type { TextTable } from "./text.js";

/** An estimate whose standard error is more than a quarter of everything says nothing. */
const UNKNOWN_SHARE = 0.25;

/** Whether it is not known how many pages hold anything but zeros. */
export function areContentsUnknown({ totalPages, nonzeroPagesError }: PageContents): boolean {
  return nonzeroPagesError > UNKNOWN_SHARE * totalPages;
}

/** What an observation says, but for its curve, as label and value. */
export function observationTable({ subject, observedMs, contents, cost }: Observation): TextTable {
  const { totalPages, repeatedPages, compressedShare } = contents;
  const rows: (readonly [string, string] | null)[] = [
    ["observed", `${subject}, for ${formatDuration(observedMs)}`],
    ["memory", `${formatBytes(pagesToBytes(totalPages))}, ${formatCount(totalPages)} pages`],
    ["not zero", nonzeroText(contents)],
    repeatedPages === null ? null : ["  of them repeated", `${formatCount(repeatedPages)} pages`],
    compressedShare === null ? null : ["  after LZ4", `${formatShare(compressedShare)} of a page`],
    cost === null
      ? null
      : [
          "cost",
          `${formatDuration(cost.cpuMs)} of CPU, ${formatBytes(cost.bytesRead)} read, guest paused for ${formatDuration(cost.guestPausedMs)}`,
        ],
  ];
  return { head: [], rows: rows.filter((row) => row !== null) };
}

function nonzeroText(contents: PageContents): string {
  const { totalPages, nonzeroPages, nonzeroPagesError } = contents;
  if (areContentsUnknown(contents)) return "not known";
  const error = nonzeroPagesError > 0 ? ` ± ${formatShortCount(nonzeroPagesError)}` : "";
  return `${formatCount(nonzeroPages)}${error} pages, ${formatShare(nonzeroPages / totalPages)}`;
}

/** D(t) as a table; columns of which nothing is known are left out. */
export function curveTable({ curve }: Observation): TextTable {
  const columns: Readonly<Record<string, readonly (string | null)[]>> = {
    "within t": curve.map(({ horizonMs }) => formatDuration(horizonMs)),
    "D(t), pages": curve.map(({ pages }) => formatCount(Math.round(pages))),
    error: curve.map(({ pagesError }) =>
      pagesError === undefined ? null : `± ${formatShortCount(pagesError)}`,
    ),
    deviation: curve.map(({ deviation }) => (deviation > 0 ? formatShortCount(deviation) : null)),
    windows: curve.map(({ windows }) => String(windows)),
    "bytes per s": curve.map(
      ({ pages, horizonMs }) => `${formatBytes((pagesToBytes(pages) * 1000) / horizonMs)}/s`,
    ),
    delta: curve.map(({ deltaBytes }) => (deltaBytes === null ? null : formatBytes(deltaBytes))),
    "too large": curve.map(({ overflowShare }) =>
      overflowShare === null ? null : formatShare(overflowShare),
    ),
    neighbours: curve.map(({ neighbourShare }) =>
      neighbourShare === undefined ? null : formatShare(neighbourShare),
    ),
  };
  const known = Object.entries(columns).filter(([, cells]) => cells.some((cell) => cell !== null));
  return {
    head: known.map(([head]) => head),
    rows: curve.map((_, row) => known.map(([, cells]) => cells[row] ?? "-")),
  };
}
