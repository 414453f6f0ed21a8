import { WireFormatError } from "../errors.js";
import { type Nanoseconds, PAGE_SIZE, type PageCount, SECOND } from "../units.js";

/** What a trace's meta.json declares about one snapshot after the base. */
export interface DeclaredSnapshot {
  /** Guest time since the snapshot before; above 0. */
  readonly ranNs: Nanoseconds;
  /** Pages that differ from the snapshot before. */
  readonly changedPages: PageCount;
}

/** A checked meta.json. */
export interface TraceMeta {
  readonly pageCount: PageCount;
  /** The snapshots after the base; at least one. */
  readonly snapshots: readonly DeclaredSnapshot[];
}

/** Largest recorded guest: 64 GiB. A trace is real memory of one guest, and is held whole. */
const MAX_MEMORY_MIB = 64 * 1024;
/** Most changed pages a trace may declare in all: 64 GiB, as for the base. */
const MAX_CHANGED_PAGES = (MAX_MEMORY_MIB * 2 ** 20) / PAGE_SIZE;
/** Longest meta.json, in bytes or characters: half a million snapshots. */
const MAX_META_LENGTH = 32 * 2 ** 20;
const PAGES_PER_MIB = 2 ** 20 / PAGE_SIZE;

/** Reads and checks a trace's meta.json; `file` names it in errors. Fields it does not know are left alone. */
export function parseTraceMeta(file: string, meta: Uint8Array | string): TraceMeta {
  const fail = (problem: string): never => {
    throw new WireFormatError(`${file}: ${problem}`, -1);
  };
  const fields = asObject(parseJson(file, meta)) ?? fail("expected a JSON object");
  const whole = (name: string, value: unknown, min: number, max: number): number =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? value
      : fail(`${name}: got ${shown(value)}, expected a whole number from ${min} to ${max}`);

  const pageCount = whole("memory_mib", fields["memory_mib"], 1, MAX_MEMORY_MIB) * PAGES_PER_MIB;
  if (fields["page_size"] !== PAGE_SIZE) {
    fail(`page_size: got ${shown(fields["page_size"])}, expected ${PAGE_SIZE}`);
  }
  const list = fields["snapshots"];
  if (!Array.isArray(list) || list.length < 2) {
    return fail("snapshots: expected a list of the base and at least one later snapshot");
  }
  let changedInAll = 0;
  let ranInAll: Nanoseconds = 0;
  const snapshots = list.map((entry: unknown, index): DeclaredSnapshot => {
    const name = `snapshots[${index}]`;
    const snapshot = asObject(entry) ?? fail(`${name}: expected an object`);
    const most = index === 0 ? 0 : pageCount;
    const changedPages = whole(`${name}.changed_pages`, snapshot["changed_pages"], 0, most);
    const ranNs = ranTime(snapshot["ran_s"], index === 0 ? 0 : 1);
    if (ranNs === null) fail(`${name}.ran_s: got ${shown(snapshot["ran_s"])}, expected seconds`);
    changedInAll += changedPages;
    ranInAll += ranNs ?? 0;
    return { ranNs: ranNs ?? 0, changedPages };
  });
  if (changedInAll > MAX_CHANGED_PAGES) fail(`more than ${MAX_CHANGED_PAGES} changed pages in all`);
  if (ranInAll > Number.MAX_SAFE_INTEGER) fail("the guest ran for more than 104 days in all");
  return { pageCount, snapshots: snapshots.slice(1) };
}

function parseJson(file: string, meta: Uint8Array | string): unknown {
  if (meta.length > MAX_META_LENGTH) {
    throw new WireFormatError(`${file}: longer than ${MAX_META_LENGTH} bytes`, MAX_META_LENGTH);
  }
  try {
    return JSON.parse(
      typeof meta === "string" ? meta : new TextDecoder("utf-8", { fatal: true }).decode(meta),
    );
  } catch (cause) {
    throw new WireFormatError(`${file}: expected JSON in UTF-8`, -1, { cause });
  }
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function ranTime(seconds: unknown, min: Nanoseconds): Nanoseconds | null {
  if (typeof seconds !== "number") return null;
  const ns = Math.round(seconds * SECOND);
  return ns >= min && ns <= Number.MAX_SAFE_INTEGER ? ns : null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
