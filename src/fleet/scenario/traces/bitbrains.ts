import { InvalidOptionError } from "../../../errors.js";
import { type Nanoseconds, SECOND } from "../../../units.js";
import { decimal, type Line, linesOf, MOST_TRACED, wrongLine } from "./lines.js";
import type { LoadTrace, TracedVm } from "./load-trace.js";
import type { NamedText } from "./planetlab.js";

/** GWA-T-12's measurements are five minutes apart. */
const INTERVAL: Nanoseconds = 300 * SECOND;
const KIB = 1024;

/** Columns of a line, by their place. */
const TIME = 0;
const CORES = 1;
const PER_CENT = 4;
const MEMORY = 5;
const COLUMNS = 11;

/**
 * Bitbrains' traces as the Grid Workloads Archive has them (GWA-T-12): a file for each VM, a head, then
 * lines with semicolons between timestamp, CPU cores, CPU capacity (MHz), CPU usage (MHz), CPU usage (%),
 * memory provisioned (KB), memory usage (KB), disk read, disk write (KB/s), network received and transmitted
 * (KB/s). Of these the per cents are taken, and the cores and the memory of the first line. Timestamps may be
 * in seconds or milliseconds; where some are missing, the value before holds on.
 *
 * @throws InvalidOptionError that names the file and the line.
 */
export function parseBitbrainsFiles(files: Iterable<NamedText>): LoadTrace {
  const budget = { left: MOST_TRACED.values };
  const vms: TracedVm[] = [];
  for (const { name, text } of files) vms.push(parseVm(name, text, budget));
  vms.sort((a, b) => numberOf(a) - numberOf(b) || (a.name < b.name ? -1 : 1));
  return { intervalNs: INTERVAL, vms };
}

/** Files are numbered, `1.csv` to `1250.csv`. */
function numberOf({ name }: TracedVm): number {
  return Number(/(\d{1,15})[^/\d]*$/.exec(name)?.[1] ?? 0);
}

function parseVm(source: string, text: string, budget: { left: number }): TracedVm {
  const shares: number[] = [];
  let first: { readonly at: number; readonly perInterval: number } | null = null;
  let size = { vcpus: 1, memoryBytes: 0 };
  for (const line of linesOf(source, text)) {
    const cells = line.text.split(";").map((cell) => cell.trim());
    // A head begins with a word.
    if (line.number === 1 && !/^\d/.test(cells[TIME] ?? "")) continue;
    if (cells.length !== COLUMNS) {
      throw wrongLine(
        source,
        line,
        `${cells.length} cells`,
        `${COLUMNS} cells with ; between them`,
      );
    }
    const at = decimal(source, line, cells[TIME], { what: "a timestamp", min: 0, max: 1e15 });
    if (first === null) {
      first = { at, perInterval: at > 1e11 ? 300_000 : 300 };
      size = sizeOf(source, line, cells);
    }
    const place = Math.round((at - first.at) / first.perInterval);
    if (place < shares.length - 1) {
      throw wrongLine(source, line, cells[TIME], "a timestamp after that of the line before");
    }
    budget.left -= place + 1 - shares.length;
    if (budget.left < 0) {
      throw wrongLine(source, line, cells[TIME], `at most ${MOST_TRACED.values} intervals in all`);
    }
    const before = shares.at(-1) ?? 0;
    while (shares.length < place) shares.push(before);
    // Measured use goes beyond what was provisioned now and then.
    const perCent = decimal(source, line, cells[PER_CENT], {
      what: "CPU in per cent",
      min: 0,
      max: 1e6,
    });
    shares[place] = Math.min(1, perCent / 100);
  }
  if (shares.length === 0) {
    throw new InvalidOptionError(source, "no line of values", "at least one");
  }
  return { name: source, shares: Float64Array.from(shares), ...size };
}

function sizeOf(
  source: string,
  line: Line,
  cells: readonly string[],
): { vcpus: number; memoryBytes: number } {
  const cores = decimal(source, line, cells[CORES], { what: "CPU cores", min: 0, max: 1e5 });
  const memory = decimal(source, line, cells[MEMORY], { what: "memory in KB", min: 0, max: 1e12 });
  return { vcpus: Math.max(1, Math.round(cores)), memoryBytes: Math.round(memory * KIB) };
}
