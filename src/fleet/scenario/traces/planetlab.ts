import { InvalidOptionError } from "../../../errors.js";
import { type Nanoseconds, SECOND } from "../../../units.js";
import { decimal, type Line, linesOf, MOST_TRACED, wrongLine } from "./lines.js";
import type { LoadTrace, TracedVm } from "./load-trace.js";

/** CoMon's measurements are five minutes apart. */
const INTERVAL: Nanoseconds = 300 * SECOND;
const PERCENT = { what: "CPU in per cent", min: 0, max: 100 } as const;

/** A file and what is in it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/**
 * PlanetLab's CPU traces as CloudSim has them: a file for each VM, a whole number of per cent a line, one
 * every five minutes. VMs come in the order of the files' names.
 *
 * @throws InvalidOptionError that names the file and the line.
 */
export function parsePlanetLabFiles(files: Iterable<NamedText>): LoadTrace {
  let left: number = MOST_TRACED.values;
  const vms: TracedVm[] = [];
  for (const { name, text } of files) {
    const shares: number[] = [];
    for (const line of linesOf(name, text)) {
      shares.push(decimal(name, line, line.text, PERCENT) / 100);
      left -= 1;
      if (left < 0) throw tooMany(name, line);
    }
    if (shares.length === 0) {
      throw new InvalidOptionError(name, "an empty file", "at least one value");
    }
    vms.push({ name, shares: Float64Array.from(shares) });
  }
  vms.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { intervalNs: INTERVAL, vms };
}

/**
 * The same in one table: a head of `vm,t0,t300,...` with seconds, then a line for each VM with its name and
 * per cents.
 */
export function parsePlanetLabTable(source: string, text: string): LoadTrace {
  const lines = linesOf(source, text);
  const head = lines.next();
  if (head.done) throw new InvalidOptionError(source, "an empty file", "a head of vm,t0,t300,...");
  const columns = head.value.text.split(",");
  const intervalNs = intervalOf(source, head.value, columns);
  const vms: TracedVm[] = [];
  for (const line of lines) {
    const [name = "", ...values] = line.text.split(",");
    if (values.length !== columns.length - 1) {
      const expected = `${columns.length - 1} values, as many as the head has`;
      throw wrongLine(source, line, `${values.length} values`, expected);
    }
    const shares = Float64Array.from(
      values,
      (value) => decimal(source, line, value, PERCENT) / 100,
    );
    vms.push({ name, shares });
    if (vms.length * shares.length > MOST_TRACED.values) throw tooMany(source, line);
  }
  if (vms.length === 0) throw new InvalidOptionError(source, "no VM", "at least one line of a VM");
  return { intervalNs, vms };
}

function intervalOf(source: string, line: Line, columns: readonly string[]): Nanoseconds {
  const seconds = columns
    .slice(1)
    .map((column) => (/^t\d{1,9}$/.test(column) ? Number(column.slice(1)) : Number.NaN));
  const step = seconds.length > 1 ? (seconds[1] as number) : INTERVAL / SECOND;
  const isEven = seconds.every((second, index) => second === index * step);
  if (columns[0] === "vm" && seconds.length > 0 && isEven && step > 0) return step * SECOND;
  throw wrongLine(
    source,
    line,
    line.text.slice(0, 60),
    "vm,t0,t300,...: seconds at even steps from 0",
  );
}

function tooMany(source: string, line: Line): InvalidOptionError {
  return wrongLine(source, line, "one value more", `at most ${MOST_TRACED.values} values in all`);
}
