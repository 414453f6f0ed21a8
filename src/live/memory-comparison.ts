import { PageScan } from "../kernel/page-scan.js";
import type { VmImage } from "../qemu/vm-image.js";
import type { QemuMonitor } from "../qmp/qemu-monitor.js";
import { PAGE_SIZE, type PageCount } from "../units.js";
import { ramRanges, readRam } from "./guest-ram.js";

/** How a QEMU's memory compares with what went over the wire. */
export interface MemoryComparison {
  /** Pages that were compared: RAM from 1 MiB on. Null when the guest runs, so that its memory changes. */
  readonly comparedPages: PageCount | null;
  /** Pages that differ. */
  readonly differingPages: PageCount;
}

const NO_PAGE = new Uint8Array(PAGE_SIZE);

/** Compares the memory of a QEMU whose guest is stopped with an image. */
export async function compareMemory(
  monitor: QemuMonitor,
  image: VmImage,
): Promise<MemoryComparison> {
  if ((await monitor.queryStatus()).running) return { comparedPages: null, differingPages: 0 };
  let comparedPages = 0;
  let differingPages = 0;
  for (const range of await ramRanges(monitor)) {
    const pages = image.memory.find(({ block }) => block.name === range.block);
    if (pages === undefined || range.offset + range.length > pages.block.length) continue;
    for await (const { offset, bytes } of readRam(monitor, range)) {
      const sent = new Uint8Array(bytes.length);
      for (let at = 0; at < bytes.length; at += PAGE_SIZE) {
        sent.set(pages.read(offset + at) ?? NO_PAGE, at);
      }
      comparedPages += bytes.length / PAGE_SIZE;
      differingPages += PageScan.differing(sent, bytes).count;
    }
  }
  return { comparedPages, differingPages };
}
