import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { plainHead } from "./plain-head.js";
import { StreamWriter } from "./stream-writer.js";
import type { WholeVm } from "./whole-vm.js";

/** Bytes that are handed out at once, give or take a section. */
export const WRITE_CHUNK: Bytes = 256 * 1024;

/** Pages that were written, by kind; `unchanged` are those of which nothing had to be. */
export interface WrittenPages {
  zero: PageCount;
  raw: PageCount;
  xbzrle: PageCount;
  unchanged: PageCount;
}

/** A count that starts at nothing. */
export function noPagesWritten(): WrittenPages {
  return { zero: 0, raw: 0, xbzrle: 0, unchanged: 0 };
}

/**
 * A guest as a pre-copy stream with each page once, as QEMU takes it from a file or a socket: the memory in
 * one section, then the devices. Pages that never came are left out.
 *
 * It yields some 256 KiB at a time, a view that is valid until the next is asked for, and holds no more than
 * that, and the largest device, beside the guest.
 *
 * @param written - Counts the pages while they are written.
 * @throws WireFormatError for a guest that is not whole.
 */
export function* writeVm(
  vm: WholeVm,
  written: WrittenPages = noPagesWritten(),
): Generator<Uint8Array<ArrayBuffer>> {
  vm.assertWhole();
  const writer = new StreamWriter();
  writeOpening(writer, vm);
  writer.continueSection("end", vm.ram.sectionId);
  for (const pages of vm.memory) {
    const { name, length } = pages.block;
    const hasAll = pages.missing === 0 || vm.hasZerosUnsaid(pages);
    for (let offset = 0; offset < length; offset += PAGE_SIZE) {
      if (!hasAll && !pages.has(offset)) continue;
      const page = pages.read(offset);
      if (page === null || isZeroPage(page)) {
        writer.zeroPage(name, offset);
        written.zero++;
      } else {
        writer.rawPage(name, offset, page);
        written.raw++;
      }
      if (writer.length >= WRITE_CHUNK) yield writer.drain();
    }
  }
  yield* writeClosing(writer, vm);
}

/** What comes before the first page. */
export function writeOpening(writer: StreamWriter, vm: WholeVm): void {
  if (vm.machine !== null) writer.verbatim(plainHead(vm.machine));
  for (const section of vm.sections.early) writer.section(section.kind, section, section.body);
  writer.ramTable(
    vm.ram,
    vm.memory.map(({ block }) => ({ ...block, hostPageSize: null })),
  );
}

/** What comes behind the last page, while the RAM's section is still open. */
export function* writeClosing(
  writer: StreamWriter,
  vm: WholeVm,
): Generator<Uint8Array<ArrayBuffer>> {
  writer.endOfRecords();
  writer.closeSection(vm.ram.sectionId);
  const { iterated, late } = vm.sections;
  for (const section of [...iterated, ...late]) {
    writer.section(section.kind, section, section.body);
    if (writer.length >= WRITE_CHUNK) yield writer.drain();
  }
  writer.end();
  writer.description(vm.meaningText);
  yield writer.drain();
}

/** Whether a page whose place in its memory is a multiple of 8 bytes holds nothing but zeros. */
export function isZeroPage(page: Uint8Array): boolean {
  const words = new Int32Array(page.buffer, page.byteOffset, PAGE_SIZE / 4);
  for (const word of words) if (word !== 0) return false;
  return true;
}
