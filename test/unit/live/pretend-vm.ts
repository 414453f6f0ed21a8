import { StreamWriter } from "../../../src/qemu/stream-writer.js";
import { Section, STREAM_MAGIC, STREAM_VERSION } from "../../../src/qemu/wire.js";
import { WireBuffer } from "../../../src/qemu/wire-buffer.js";
import { PAGE_SIZE } from "../../../src/units.js";

/** Blocks of a small machine that never was. */
export const BLOCKS = [
  { name: "pc.ram", length: 600 * PAGE_SIZE, hostPageSize: null },
  { name: "pc.rom", length: 3 * PAGE_SIZE, hostPageSize: null },
] as const;

export const DEVICE: Uint8Array = new TextEncoder().encode(
  "state of a device ~ with a footer's byte",
);
export const DESCRIPTION = '{"page_size":4096,"devices":[{"name":"timer","instance_id":0}]}';
const RAM = { sectionId: 2, name: "ram", instanceId: 0, versionId: 4 };

/** Page `index` of the RAM: every third is zero, the others tell their number. */
export function pageOf(index: number): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE);
  if (index % 3 !== 0) new Uint32Array(page.buffer).fill(index * 2_654_435_761);
  return page;
}

/** The head of a stream, up to its first section. */
export function streamHead(): Uint8Array {
  const out = new WireBuffer();
  const machine = new TextEncoder().encode("pc-i440fx-7.2");
  out.u32(STREAM_MAGIC);
  out.u32(STREAM_VERSION);
  out.u8(Section.configuration);
  out.u32(machine.length);
  out.bytes(machine);
  return out.take();
}

/** A whole pre-copy stream. */
export function stream(options: { readonly returnPath?: boolean } = {}): Uint8Array {
  const writer = new StreamWriter();
  writer.verbatim(streamHead());
  if (options.returnPath) writer.openReturnPath();
  writer.ramTable(RAM, BLOCKS);
  for (const kind of ["part", "end"] as const) {
    writer.continueSection(kind, RAM.sectionId);
    const [from, to] = kind === "part" ? [0, 400] : [400, 600];
    for (let index = from; index < to; index++) {
      if (index % 3 === 0) writer.zeroPage("pc.ram", index * PAGE_SIZE);
      else writer.rawPage("pc.ram", index * PAGE_SIZE, pageOf(index));
    }
    if (kind === "end") writer.rawPage("pc.rom", PAGE_SIZE, pageOf(1));
    writer.endOfRecords();
    writer.closeSection(RAM.sectionId);
  }
  writer.section("full", { sectionId: 5, name: "timer", instanceId: 0, versionId: 2 }, DEVICE);
  writer.end();
  writer.description(new TextEncoder().encode(DESCRIPTION));
  return writer.take();
}

/** A post-copy stream whose pages from 100 on, five of them, come on another channel; and what comes there. */
export function postcopyStreams(): { readonly main: Uint8Array; readonly urgent: Uint8Array } {
  const writer = new StreamWriter();
  writer.verbatim(streamHead());
  writer.openReturnPath();
  writer.advisePostcopy(PAGE_SIZE, PAGE_SIZE);
  writer.ramTable(RAM, BLOCKS);
  writer.discard("pc.ram", [{ start: 0, length: 600 * PAGE_SIZE }]);
  const inside = new StreamWriter();
  inside.listen();
  inside.section("full", { sectionId: 5, name: "timer", instanceId: 0, versionId: 2 }, DEVICE);
  inside.run();
  writer.packaged(inside.take());
  writer.continueSection("end", RAM.sectionId);
  for (let index = 0; index < 600; index++) {
    const isUrgent = index >= 100 && index < 105;
    if (!isUrgent) writer.rawPage("pc.ram", index * PAGE_SIZE, pageOf(index));
  }
  writer.endOfRecords();
  writer.closeSection(RAM.sectionId);
  writer.end();
  const urgent = new StreamWriter();
  for (let index = 100; index < 105; index++) {
    urgent.rawPage("pc.ram", index * PAGE_SIZE, pageOf(index));
  }
  urgent.endOfRecords();
  return { main: writer.take(), urgent: urgent.take() };
}
