import type { RecordedTrace } from "../memory/recorded-trace.js";
import { type Milliseconds, PAGE_SIZE, pagesToBytes, toMilliseconds } from "../units.js";
import { ChangeCounts } from "./change-counts.js";
import { curveOf } from "./curve.js";
import { DeltaSample } from "./delta-sample.js";
import { horizonsFor } from "./horizons.js";
import type { Observation } from "./observation.js";
import { PageTally } from "./page-tally.js";

/** Pages that are looked at together: a MiB. */
const CHUNK_PAGES = 256;

/**
 * What a recorded trace shows: D(t) in guest time, with every page counted, and the contents at its end.
 * Horizons shorter than the time between its snapshots are not known, and a page that was written with
 * the bytes it had does not show.
 *
 * @param subject - What to call it, such as the name of its folder.
 */
export function observeTrace(trace: RecordedTrace, subject: string): Observation {
  const observedMs = toMilliseconds(trace.snapshots.reduce((sum, { ranNs }) => sum + ranNs, 0));
  const horizonsMs = horizonsFor(medianStep(trace), observedMs);
  const counts = new ChangeCounts(trace.pageCount, horizonsMs);
  const deltas = new DeltaSample(horizonsMs, 0);
  const hasChanged = new Uint8Array(trace.pageCount);
  const memory = trace.base.slice();
  counts.snapshot(0, []);
  let atNs = 0;
  for (const { ranNs, pages, bytes } of trace.snapshots) {
    pages.forEach((page, position) => {
      const place = memory.subarray(pagesToBytes(page), pagesToBytes(page + 1));
      const contents = bytes.subarray(pagesToBytes(position), pagesToBytes(position + 1));
      deltas.changed(page, contents, hasChanged[page] === 1 ? null : place);
      hasChanged[page] = 1;
      place.set(contents);
    });
    atNs += ranNs;
    counts.snapshot(toMilliseconds(atNs), pages);
    deltas.snapshot(toMilliseconds(atNs));
  }
  const watched = [{ level: 0, counts }];
  return {
    kind: "godwit-observation",
    version: 1,
    source: "trace",
    subject,
    observedMs,
    contents: contentsOf(memory),
    curve: curveOf(watched, trace.pageCount, horizonsMs.length, deltas.sizes()),
    cost: null,
  };
}

function contentsOf(memory: Uint8Array): Observation["contents"] {
  const totalPages = memory.length / PAGE_SIZE;
  const tally = new PageTally(totalPages);
  for (let page = 0; page < totalPages; page += CHUNK_PAGES) {
    tally.add(memory.subarray(pagesToBytes(page), pagesToBytes(page + CHUNK_PAGES)));
  }
  return {
    totalPages,
    nonzeroPages: tally.nonzeroPages,
    nonzeroPagesError: 0,
    repeatedPages: tally.repeatedPages(),
    compressedShare: tally.compressedShare(),
  };
}

function medianStep({ snapshots }: RecordedTrace): Milliseconds {
  const steps = snapshots.map(({ ranNs }) => toMilliseconds(ranNs)).sort((a, b) => a - b);
  return steps[Math.floor((steps.length - 1) / 2)] ?? 0;
}
