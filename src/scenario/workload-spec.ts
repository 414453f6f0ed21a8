import { InvalidOptionError } from "../errors.js";
import { bytesToPages, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import type {
  HotSetSpec,
  PhaseSpec,
  SequentialSpec,
  UniformSpec,
  WorkloadSpec,
  ZipfSpec,
} from "../workload/spec.js";
import { type KeyValues, parseKeyValues } from "./key-values.js";
import {
  formatBytes,
  parseNumber,
  parseShare,
  parseSize,
  parseTime,
  parseWriteRate,
} from "./quantities.js";

/** What a workload's text is read with. */
export interface WorkloadContext {
  /** Name of the option, for errors. */
  readonly option: string;
  /** Parsed JSON of a phases file. */
  readPhases(path: string): unknown;
  /** Turns a path in the text into one that can be opened. */
  locate(path: string): string;
}

/** Most phases in a file: far beyond any use, and a bound on hostile ones. */
const MAX_PHASES = 10_000;

const FORM =
  "uniform:wss=SIZE,rate=N/s, sequential:wss=SIZE,rate=N/s, hot-set:wss=SIZE,rate=N/s[,hot=10%,share=90%|,skew=1.1], phases:FILE, trace:DIR (joined by +) or idle";

/**
 * A workload's text into its components, not yet placed (see {@link placeWorkload}).
 * `idle` is the empty workload.
 */
export function parseWorkload(text: string, context: WorkloadContext): WorkloadSpec[] {
  if (text === "idle") return [];
  // A + inside a file name does not split, unless a kind of workload and a colon follow it.
  return text.split(/\+(?=[a-z-]*:)/).map((component) => parseComponent(component, context));
}

type Writer = UniformSpec | SequentialSpec | HotSetSpec | ZipfSpec;

function parseComponent(text: string, context: WorkloadContext): WorkloadSpec {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? "" : text.slice(colon + 1);
  switch (kind) {
    case "uniform":
    case "sequential":
    case "hot-set":
      return parseWriter(kind, rest, context.option, text);
    case "phases":
      return { kind, phases: parsePhases(needPath(context, text, rest), context) };
    case "trace":
      return { kind, folder: context.locate(needPath(context, text, rest)) };
    default:
      throw new InvalidOptionError(context.option, text, FORM);
  }
}

function needPath(context: WorkloadContext, text: string, path: string): string {
  if (path === "") throw new InvalidOptionError(context.option, text, "a path after the colon");
  return path;
}

function parseWriter(
  kind: "uniform" | "sequential" | "hot-set",
  text: string,
  option: string,
  shown: string,
): Writer {
  const isHotSet = kind === "hot-set";
  const keys = ["wss", "rate", "at", ...(isHotSet ? ["hot", "share", "skew"] : [])];
  const form = `${kind}:wss=SIZE,rate=N/s${isHotSet ? "[,hot=SHARE,share=SHARE|,skew=NUMBER]" : ""}[,at=SIZE]`;
  const values = parseKeyValues(option, text, { words: 0, keys, form, shown });
  const writer = {
    wssPages: parseWss(option, values),
    rate: parseWrites(option, values),
    ...parsePlace(option, values),
  };
  return kind === "hot-set" ? parseHeat(writer, values, option, shown) : { kind, ...writer };
}

function parseWss(option: string, values: KeyValues): PageCount {
  const name = `${option} (wss)`;
  const bytes = parseSize(name, values.need("wss"));
  if (bytes === 0)
    throw new InvalidOptionError(name, values.need("wss"), "a working set of at least one byte");
  return bytesToPages(bytes);
}

function parseWrites(option: string, values: KeyValues): number {
  const name = `${option} (rate)`;
  const rate = parseWriteRate(name, values.need("rate"));
  if (rate > 0) return rate;
  throw new InvalidOptionError(
    name,
    values.need("rate"),
    "more than 0/s; leave a workload that never writes away",
  );
}

function parsePlace(option: string, values: KeyValues): { at?: PageIndex } {
  const text = values.get("at");
  if (text === undefined) return {};
  const bytes = parseSize(`${option} (at)`, text);
  if (bytes % PAGE_SIZE !== 0)
    throw new InvalidOptionError(`${option} (at)`, text, "a multiple of 4096 bytes");
  return { at: bytes / PAGE_SIZE };
}

function parseHeat(
  writer: { wssPages: PageCount; rate: number; at?: PageIndex },
  values: KeyValues,
  option: string,
  text: string,
): HotSetSpec | ZipfSpec {
  const skew = values.get("skew");
  if (skew === undefined) {
    // The defaults are the classic 90/10 rule.
    const hot = parseShare(`${option} (hot)`, values.get("hot") ?? "10%");
    const share = parseShare(`${option} (share)`, values.get("share") ?? "90%");
    if (hot === 0)
      throw new InvalidOptionError(`${option} (hot)`, values.get("hot"), "a share above 0");
    return { kind: "hot-set", ...writer, hot, share };
  }
  if (values.get("hot") !== undefined || values.get("share") !== undefined) {
    throw new InvalidOptionError(
      option,
      text,
      "either skew (Zipf) or hot and share (two levels), not both",
    );
  }
  const exponent = parseNumber(`${option} (skew)`, skew, 0, 10);
  if (exponent === 0)
    throw new InvalidOptionError(`${option} (skew)`, skew, "more than 0; uniform has no skew");
  return { kind: "zipf", ...writer, skew: exponent };
}

function parsePhases(path: string, context: WorkloadContext): PhaseSpec[] {
  const list = context.readPhases(context.locate(path));
  const name = `${context.option} (${path})`;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_PHASES) {
    const got = Array.isArray(list) ? `${list.length} phases` : typeof list;
    throw new InvalidOptionError(
      name,
      got,
      'a JSON array of 1 to 10000 {"duration": "10s", "workload": "..."}',
    );
  }
  return list.map((entry, index) =>
    parsePhase(entry, { ...context, option: `${name}, phase ${index + 1}` }),
  );
}

function parsePhase(entry: unknown, context: WorkloadContext): PhaseSpec {
  const name = context.option;
  const phase: Record<string, unknown> =
    typeof entry === "object" && entry !== null ? { ...entry } : {};
  const unknown = Object.keys(phase).find((key) => key !== "duration" && key !== "workload");
  if (typeof phase.workload !== "string" || unknown !== undefined) {
    const form = '{"duration": "10s", "workload": "uniform:..."} and nothing else';
    throw new InvalidOptionError(name, JSON.stringify(entry), form);
  }
  const durationNs = parseTime(`${name} (duration)`, phase.duration);
  if (durationNs === 0)
    throw new InvalidOptionError(`${name} (duration)`, phase.duration, "a time above 0");
  if (/(^|\+)(phases|trace):/.test(phase.workload)) {
    throw new InvalidOptionError(name, phase.workload, "no phases and no trace inside a phase");
  }
  return { durationNs, components: parseWorkload(phase.workload, context) };
}

/**
 * Gives every working set its place: after the one before it, from page 0, unless it says `at`. The phases
 * of one component share a place. Refused when a working set does not fit the memory.
 */
export function placeWorkload(
  option: string,
  specs: readonly WorkloadSpec[],
  memoryPages: PageCount,
): WorkloadSpec[] {
  return placeFrom(option, specs, memoryPages, 0).placed;
}

function placeFrom(
  option: string,
  specs: readonly WorkloadSpec[],
  memoryPages: PageCount,
  start: PageIndex,
): { placed: WorkloadSpec[]; end: PageIndex } {
  let end = start;
  const placed = specs.map((spec): WorkloadSpec => {
    if (spec.kind === "trace") return spec;
    if (spec.kind === "phases") {
      const parts = spec.phases.map((phase) => ({
        phase,
        ...placeFrom(option, phase.components, memoryPages, end),
      }));
      end = Math.max(end, ...parts.map((part) => part.end));
      return {
        kind: "phases",
        phases: parts.map(({ phase, placed }) => ({ ...phase, components: placed })),
      };
    }
    const at = spec.at ?? end;
    end = at + spec.wssPages;
    if (end > memoryPages) throw doesNotFit(option, spec, at, memoryPages);
    return { ...spec, at };
  });
  return { placed, end };
}

function doesNotFit(
  option: string,
  spec: Writer,
  at: PageIndex,
  memoryPages: PageCount,
): InvalidOptionError {
  const wss = formatBytes(spec.wssPages * PAGE_SIZE);
  const memory = formatBytes(memoryPages * PAGE_SIZE);
  const place = `a working set of ${wss} at ${formatBytes(at * PAGE_SIZE)}`;
  return new InvalidOptionError(
    option,
    place,
    `working sets that fit the guest's memory of ${memory}`,
  );
}
