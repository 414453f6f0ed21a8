import type { CompactReport } from "../qemu/compact.js";
import { formatBytes, formatCount, formatShare } from "../quantity-text.js";
import type { PageCount } from "../units.js";
import type { TextTable } from "./text.js";

/** What a stream that was written anew saves, in one sentence. */
export function compactLine(report: CompactReport): string {
  const { bytesBefore, bytesAfter, channels } = report;
  const from = channels.length > 1 ? ` in ${channels.length} channels` : "";
  const change =
    bytesAfter <= bytesBefore
      ? `${formatShare(1 - bytesAfter / bytesBefore)} saved`
      : `${formatShare(bytesAfter / bytesBefore - 1)} more, since it was compressed`;
  return `${report.machineType}: ${formatBytes(bytesBefore)}${from} became ${formatBytes(bytesAfter)}, ${change}`;
}

/** Pages by kind, before and after. */
export function compactTable({ pagesBefore, pagesAfter }: CompactReport): TextTable {
  const zerosBefore = pagesBefore.zero + pagesBefore["multifd-zero"];
  const rows: readonly (readonly [words: string, before: number, after: number])[] = [
    ["zero", zerosBefore, pagesAfter.zero],
    ["raw", pagesBefore.raw, pagesAfter.raw],
    ["XBZRLE delta", pagesBefore.xbzrle, pagesAfter.xbzrle],
    ["compressed", pagesBefore.compressed, 0],
    ["on multifd channels", pagesBefore.multifd, 0],
    ["in their place in the file", pagesBefore.mapped, 0],
    ["unchanged, so not written", 0, pagesAfter.unchanged],
  ];
  return {
    head: ["pages", "before", "after"],
    rows: rows
      .filter(([, before, after]) => before + after > 0)
      .map(([words, before, after]) => [words, formatCount(before), formatCount(after)]),
  };
}

/** What a user should know of the written stream besides its size. */
export function compactNotes({ isPostCopy, absentPages }: CompactReport): string[] {
  const notes = isPostCopy
    ? ["A post-copy became a pre-copy: its pages are those of the moment the guest stopped."]
    : [];
  return absentPages > 0 ? [...notes, absenceNote(absentPages)] : notes;
}

/** A stream does not say that pages went over multifd, so a channel that was left out shows only in this. */
export function absenceNote(pages: PageCount): string {
  const came = pages === 1 ? "1 page never came" : `${formatCount(pages)} pages never came`;
  return `${came}: is a channel missing? Otherwise the guest had given memory back (balloon, virtio-mem) or shares it.`;
}
