import type { PageCounts, StreamInspection } from "../qemu/inspection.js";
import { formatBytes, formatCount, formatShare } from "../quantity-text.js";
import type { PageCount } from "../units.js";
import type { TextTable } from "./text.js";

const KINDS: readonly (readonly [kind: keyof PageCounts, words: string])[] = [
  ["zero", "zero"],
  ["raw", "raw"],
  ["xbzrle", "XBZRLE delta"],
  ["compressed", "compressed"],
  ["multifd", "on multifd channels"],
  ["mapped", "in their place in the file"],
];

/** Why QEMU's own numbers differ where they do; to be said wherever both are shown. */
export const COUNTER_NOTE: string =
  "QEMU's own counters differ from a stream by a few pages under compress (counted again at flushes), multifd and post-copy preempt.";

/** Whether a stream came in a way in which QEMU's counters differ from it. */
export function hasOtherCounters({ pages, channels }: StreamInspection): boolean {
  return pages.compressed > 0 || channels.length > 1;
}

/** Pages that never came; a file with pages in their places leaves zero pages out. */
export function absentPages({ blocks, pages }: StreamInspection): PageCount {
  return pages.mapped > 0 ? 0 : blocks.reduce((sum, { missingPages }) => sum + missingPages, 0);
}

export function totalPages(pages: PageCounts): number {
  return Object.values(pages).reduce((sum: number, count: number) => sum + count, 0);
}

/** One sentence on the whole stream. */
export function inspectionLine(inspection: StreamInspection): string {
  const { bytes, blocks, pages, rounds, isPostCopy, devices } = inspection;
  const memory = blocks.reduce((sum, block) => sum + block.bytes, 0);
  const way = isPostCopy ? "post-copy" : rounds === 1 ? "1 round" : `${rounds} rounds`;
  return `${inspection.machineType}: ${formatBytes(bytes)} for ${formatBytes(memory)} of memory, ${formatCount(totalPages(pages))} pages, ${way}, ${devices.length} devices`;
}

/** Pages and bytes by how they came; only what did come. */
export function kindTable({ pages, pageBytes }: StreamInspection): TextTable {
  const all = totalPages(pages);
  const rows = KINDS.filter(([kind]) => pages[kind] > 0).map(([kind, words]) => [
    words,
    formatCount(pages[kind]),
    formatShare(pages[kind] / all),
    formatBytes(pageBytes[kind]),
  ]);
  return { head: ["pages", "count", "share", "on the wire"], rows };
}

export function blockTable({ blocks }: StreamInspection): TextTable {
  const rows = blocks.map(({ name, bytes, pages, missingPages }) => [
    name,
    formatBytes(bytes),
    formatCount(totalPages(pages)),
    formatCount(pages.zero),
    formatCount(missingPages),
  ]);
  return { head: ["memory block", "size", "pages sent", "of them zero", "missing"], rows };
}

const PHASES = { push: "", stop: "guest stopped", pull: "guest at the target" } as const;

export function roundsTable({ perRound }: StreamInspection): TextTable {
  const rows = perRound.map(({ round, phase, pages, bytes }) => [
    phase === "pull" ? "pull" : String(round),
    PHASES[phase],
    formatCount(pages.zero),
    formatCount(totalPages(pages) - pages.zero),
    formatBytes(bytes),
  ]);
  return { head: ["round", "", "zero pages", "other pages", "on the wire"], rows };
}

export function repeatTable({ repeats }: StreamInspection): TextTable {
  const last = repeats.histogram.at(-1)?.times;
  const rows = repeats.histogram.map(({ times, pages }) => [
    times === last && times === 16 ? "16 times or more" : times === 1 ? "once" : `${times} times`,
    formatCount(pages),
    formatShare(pages / repeats.distinctPages),
  ]);
  return { head: ["a page came", "pages", "share"], rows };
}

export function deltaTable({ deltaPotential }: StreamInspection): TextTable {
  const rows = deltaPotential.map((one) => [
    formatBytes(one.cacheBytes),
    formatCount(one.hits),
    one.candidates === 0 ? "-" : formatShare(one.hits / one.candidates),
    formatCount(one.unchanged),
    formatCount(one.overflows),
    formatBytes(one.savedBytes),
  ]);
  return { head: ["XBZRLE cache", "hits", "hit rate", "unchanged", "overflows", "saves"], rows };
}

export function deviceTable({ devices }: StreamInspection): TextTable {
  const hasDescription = devices.some(({ isAsDescribed }) => isAsDescribed !== null);
  const silent = hasDescription ? "not described" : "";
  const rows = devices.map(({ name, instanceId, versionId, bytes, isAsDescribed }) => [
    name,
    String(instanceId),
    String(versionId),
    formatBytes(bytes),
    isAsDescribed === null ? silent : isAsDescribed ? "" : "not as described",
  ]);
  return { head: ["device", "instance", "version", "state", ""], rows };
}

/** Registers of each processor, four in a row; empty without a description. */
export function registerTable({ devices }: StreamInspection): TextTable {
  const rows: string[][] = [];
  for (const { instanceId, registers } of devices) {
    if (registers === null) continue;
    const texts = Object.entries(registers).map(([name, value]) => `${name} ${value}`);
    for (let i = 0; i < texts.length; i += 4) {
      rows.push([i === 0 ? `cpu ${instanceId}` : "", ...texts.slice(i, i + 4)]);
    }
  }
  return { head: [], rows };
}
