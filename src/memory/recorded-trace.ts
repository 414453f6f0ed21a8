/**
 * Recorded memory of a real guest, read and written. What knows the files is loaded when the first trace
 * is: most pages have none.
 */
import type { EncodedTrace, RecordedTrace, TraceFiles } from "./trace-format.js";

export type { EncodedTrace, RecordedTrace, TraceFiles, TraceSnapshot } from "./trace-format.js";

/**
 * Reads a trace. The files are taken for hostile: nothing is believed before it is checked, and no more is
 * decompressed than meta.json declares.
 *
 * @throws WireFormatError naming the file, the place in its decompressed data and what was expected there.
 */
export async function readTrace(files: TraceFiles): Promise<RecordedTrace> {
  const { decodeTraceFiles } = await import("./trace-format.js");
  return decodeTraceFiles(files);
}

/**
 * The files of a trace; `workload` is noted in meta.json. Decompressed, the same trace always gives the
 * same bytes; the compressed bytes depend on the runtime's gzip.
 */
export async function encodeTrace(trace: RecordedTrace, workload: string): Promise<EncodedTrace> {
  const { encodeTraceFiles } = await import("./trace-format.js");
  return encodeTraceFiles(trace, workload);
}
