/**
 * Memory of a real guest over time: a base image and, for each later snapshot, the pages that changed.
 *
 * ```text
 * meta.json      { memory_mib, page_size: 4096, snapshots: [{ ran_s, changed_pages }, ...] }; entry 0 is the base
 * base.ram.gz    gzip of memory_mib MiB, guest-physical from address 0
 * deltas.bin.gz  gzip of, for each snapshot 1, 2, ...:
 *                u32 snapshot index | u32 page count | page count x ( u32 page number | 4096 bytes )
 *                all little-endian, page numbers ascending
 * ```
 *
 * A page counts as changed when its bytes differ from the snapshot before; a page written with the bytes
 * it had does not show.
 */

import { assert } from "../errors.js";
import { type Nanoseconds, PAGE_SIZE, type PageCount, pagesToBytes, SECOND } from "../units.js";
import { type ByteInput, GunzipSource } from "./byte-source.js";
import { type DeclaredSnapshot, parseTraceMeta } from "./trace-meta.js";

/** The pages that changed while the guest ran on for a while. */
export interface TraceSnapshot {
  /** Guest time since the snapshot before; above 0. */
  readonly ranNs: Nanoseconds;
  /** Numbers of the changed pages, ascending. */
  readonly pages: Uint32Array;
  /** Their new contents, page after page: `pages.length` x 4096 bytes. */
  readonly bytes: Uint8Array;
}

/** A guest's memory, recorded over time. */
export interface RecordedTrace {
  readonly pageCount: PageCount;
  readonly pageSize: typeof PAGE_SIZE;
  /** The whole memory at the first snapshot: `pageCount` x 4096 bytes. */
  readonly base: Uint8Array;
  /** The later snapshots; at least one. */
  readonly snapshots: readonly TraceSnapshot[];
}

/** The three files of a trace. */
export interface TraceFiles {
  readonly meta: Uint8Array | string;
  /** gzip */
  readonly base: ByteInput;
  /** gzip */
  readonly deltas: ByteInput;
  /** Put before the file names in errors: the folder as the user named it. Default: nothing. */
  readonly folder?: string;
}

/** File names of a trace. */
export const TRACE_FILE_NAMES: {
  readonly meta: string;
  readonly base: string;
  readonly deltas: string;
} = { meta: "meta.json", base: "base.ram.gz", deltas: "deltas.bin.gz" };

const SNAPSHOT_HEADER_BYTES = 8;
const PAGE_NUMBER_BYTES = 4;

/** As `readTrace` says. */
export async function decodeTraceFiles(files: TraceFiles): Promise<RecordedTrace> {
  const path = (name: string): string => (files.folder ? `${files.folder}/${name}` : name);
  const base = new GunzipSource(path(TRACE_FILE_NAMES.base), files.base);
  const deltas = new GunzipSource(path(TRACE_FILE_NAMES.deltas), files.deltas);
  try {
    const meta = parseTraceMeta(path(TRACE_FILE_NAMES.meta), files.meta);
    return {
      pageCount: meta.pageCount,
      pageSize: PAGE_SIZE,
      base: await readBase(base, meta.pageCount),
      snapshots: await readSnapshots(deltas, meta.snapshots, meta.pageCount),
    };
  } finally {
    await Promise.all([base.close(), deltas.close()]);
  }
}

async function readBase(source: GunzipSource, pageCount: PageCount): Promise<Uint8Array> {
  const bytes = allocate(source, pagesToBytes(pageCount));
  await source.fillWhole(bytes, "the base image");
  await source.expectEnd(`the ${bytes.length} bytes that meta.json declares`);
  return bytes;
}

async function readSnapshots(
  source: GunzipSource,
  declared: readonly DeclaredSnapshot[],
  pageCount: PageCount,
): Promise<TraceSnapshot[]> {
  const snapshots: TraceSnapshot[] = [];
  for (const [position, expected] of declared.entries()) {
    snapshots.push(await readSnapshot(source, position + 1, expected, pageCount));
  }
  await source.expectEnd(`snapshot ${declared.length}, the last that meta.json declares`);
  return snapshots;
}

async function readSnapshot(
  source: GunzipSource,
  index: number,
  expected: DeclaredSnapshot,
  pageCount: PageCount,
): Promise<TraceSnapshot> {
  const start = source.offset;
  const header = new DataView(new ArrayBuffer(SNAPSHOT_HEADER_BYTES));
  await source.fillWhole(new Uint8Array(header.buffer), `the head of snapshot ${index}`);
  const found = { index: header.getUint32(0, true), pages: header.getUint32(4, true) };
  if (found.index !== index) {
    source.fail(`snapshot index: got ${found.index}, expected ${index}`, start);
  }
  const count = expected.changedPages;
  if (found.pages !== count) {
    const problem = `page count of snapshot ${index}: got ${found.pages}`;
    source.fail(`${problem}, expected ${count} as meta.json declares`, start + 4);
  }
  const pages = new Uint32Array(count);
  const bytes = allocate(source, pagesToBytes(count));
  const number = new DataView(new ArrayBuffer(PAGE_NUMBER_BYTES));
  let least = 0;
  for (let position = 0; position < count; position++) {
    const at = source.offset;
    await source.fillWhole(new Uint8Array(number.buffer), "a page number");
    const page = number.getUint32(0, true);
    if (page < least || page >= pageCount) {
      const range = `${least} to ${pageCount - 1}`;
      source.fail(`page number in snapshot ${index}: got ${page}, expected ${range}`, at);
    }
    pages[position] = page;
    least = page + 1;
    const from = pagesToBytes(position);
    await source.fillWhole(bytes.subarray(from, from + PAGE_SIZE), `page ${page}`);
  }
  return { ranNs: expected.ranNs, pages, bytes };
}

/** Memory for so many bytes; zeroed memory is not backed until it is written, so a false claim costs nothing. */
function allocate(source: GunzipSource, bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    return source.fail(`${bytes} bytes do not fit into one array here`, 0, { cause });
  }
}

/** A trace as its three files. */
export interface EncodedTrace {
  readonly meta: string;
  readonly base: Uint8Array;
  readonly deltas: Uint8Array;
}

/** As `encodeTrace` says. */
export async function encodeTraceFiles(
  trace: RecordedTrace,
  workload: string,
): Promise<EncodedTrace> {
  const snapshots = [
    { ran_s: 0, changed_pages: 0 },
    ...trace.snapshots.map(({ ranNs, pages }) => ({
      ran_s: ranNs / SECOND,
      changed_pages: pages.length,
    })),
  ];
  const fields = {
    workload,
    memory_mib: trace.base.length / 2 ** 20,
    page_size: PAGE_SIZE,
    snapshots,
  };
  assert(Number.isInteger(fields.memory_mib), "a trace's memory is whole MiB");
  return {
    meta: `${JSON.stringify(fields, null, 2)}\n`,
    base: await gzip([trace.base]),
    deltas: await gzip(trace.snapshots.map((snapshot, index) => record(snapshot, index + 1))),
  };
}

function record({ pages, bytes }: TraceSnapshot, index: number): Uint8Array {
  const size = PAGE_NUMBER_BYTES + PAGE_SIZE;
  const out = new Uint8Array(SNAPSHOT_HEADER_BYTES + pages.length * size);
  const view = new DataView(out.buffer);
  view.setUint32(0, index, true);
  view.setUint32(4, pages.length, true);
  pages.forEach((page, position) => {
    const at = SNAPSHOT_HEADER_BYTES + position * size;
    view.setUint32(at, page, true);
    out.set(bytes.subarray(pagesToBytes(position), pagesToBytes(position + 1)), at + 4);
  });
  return out;
}

async function gzip(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const blob = new Blob(parts as Uint8Array<ArrayBuffer>[]);
  const compressed = blob.stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
