import { InvalidOptionError } from "../../../errors.js";
import { type Nanoseconds, SECOND } from "../../../units.js";
import { decimal, type Line, linesOf, MOST_TRACED, wrongLine } from "./lines.js";
import type { LoadTrace, TracedVm } from "./load-trace.js";
import type { NamedText } from "./planetlab.js";

/** Azure's readings are five minutes apart. */
const INTERVAL: Nanoseconds = 300 * SECOND;
const STEP_SECONDS = 300;
/** A month is 2.6 million seconds; ten years bound a mistake. */
const SECONDS = { min: 0, max: 315_360_000 } as const;
const GIB = 2 ** 30;

/** A VM while its readings come in. */
interface OpenVm extends Omit<TracedVm, "shares"> {
  readonly arrivesAt: number;
  readonly mean: number;
  readonly shares: number[];
}

/**
 * Azure's public traces, version 1 and 2: a table of VMs (id, subscription, deployment, created and deleted
 * in seconds, highest, mean and 95th-percentile CPU in per cent, category, cores, memory in GB; the last two
 * are buckets, as `>24` is of more than 24) and readings (seconds, VM id, lowest, highest and mean CPU in per
 * cent). Neither has a head. A VM is there from when it was created to when it was deleted, the ones without
 * readings at their mean. Readings of VMs that are not in the table are left out, so a part of it makes a part
 * of the trace.
 *
 * @throws InvalidOptionError that names the file and the line.
 */
export function parseAzure(vmtable: NamedText, readings: Iterable<NamedText>): LoadTrace {
  const vms = parseTable(vmtable);
  let left: number = MOST_TRACED.values;
  for (const { name, text } of readings) {
    for (const line of linesOf(name, text)) left -= addReading(name, line, vms, left);
  }
  return {
    intervalNs: INTERVAL,
    vms: [...vms.values()].map(({ arrivesAt: _, mean, shares, ...vm }) => ({
      ...vm,
      shares: Float64Array.from(shares.length > 0 ? shares : [mean]),
    })),
  };
}

function parseTable({ name: source, text }: NamedText): Map<string, OpenVm> {
  const vms = new Map<string, OpenVm>();
  for (const line of linesOf(source, text)) {
    const cells = line.text.split(",");
    if (cells.length !== 11) {
      throw wrongLine(source, line, `${cells.length} cells`, "11 cells with , between them");
    }
    const [name = "", , , created, deleted, , mean, , , cores = "", memory = ""] = cells;
    const arrivesAt = decimal(source, line, created, {
      what: "when it was created, in s",
      ...SECONDS,
    });
    const departsAt = decimal(source, line, deleted, {
      what: "when it was deleted, in s",
      ...SECONDS,
    });
    if (vms.has(name)) throw wrongLine(source, line, name, "a VM that is not there yet");
    if (vms.size >= MOST_TRACED.vms) {
      throw wrongLine(source, line, name, `at most ${MOST_TRACED.vms} VMs`);
    }
    vms.set(name, {
      name,
      arrivesAt,
      arrivesNs: Math.round(arrivesAt * SECOND),
      departsNs: Math.round(Math.max(departsAt, arrivesAt + 1) * SECOND),
      mean: perCent(source, line, mean),
      shares: [],
      vcpus: Math.max(1, Math.round(bucket(source, line, cores, "cores"))),
      memoryBytes: Math.round(bucket(source, line, memory, "memory in GB") * GIB),
    });
  }
  if (vms.size === 0) throw new InvalidOptionError(source, "no VM", "at least one line of a VM");
  return vms;
}

/** Answers how many values it added. */
function addReading(source: string, line: Line, vms: Map<string, OpenVm>, most: number): number {
  const cells = line.text.split(",");
  if (cells.length !== 5) {
    throw wrongLine(source, line, `${cells.length} cells`, "5 cells with , between them");
  }
  const [time, name = "", , , mean] = cells;
  const vm = vms.get(name);
  if (vm === undefined) return 0;
  const at = decimal(source, line, time, { what: "a time in s", ...SECONDS });
  const { shares, arrivesAt } = vm;
  const place = Math.max(0, Math.floor((at - arrivesAt) / STEP_SECONDS));
  if (place < shares.length - 1) {
    throw wrongLine(source, line, time, "a time after that of the VM's reading before");
  }
  const added = place + 1 - shares.length;
  if (added > most) {
    throw wrongLine(source, line, time, `at most ${MOST_TRACED.values} values in all`);
  }
  const before = shares.at(-1) ?? 0;
  while (shares.length < place) shares.push(before);
  shares[place] = perCent(source, line, mean);
  return added;
}

function perCent(source: string, line: Line, text: string | undefined): number {
  const limits = { what: "CPU in per cent", min: 0, max: 1000 };
  return Math.min(1, decimal(source, line, text, limits) / 100);
}

/** `>24` is taken as 24 and a half as much again. */
function bucket(source: string, line: Line, text: string, what: string): number {
  const isOpen = text.startsWith(">");
  const value = decimal(source, line, isOpen ? text.slice(1) : text, { what, min: 0, max: 1e5 });
  return isOpen ? value * 1.5 : value;
}
