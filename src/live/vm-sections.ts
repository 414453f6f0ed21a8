import { assert } from "../errors.js";
import type { BlockRow, StreamWriter } from "../qemu/stream-writer.js";
import type { StoredSection } from "./manifest.js";
import type { StoredVm } from "./stored-vm.js";

/** The sections of a stored VM, ready to be sent again: what comes before the memory, the memory's own, the rest. */
export class VmSections {
  /** The section of the memory. */
  readonly ram: StoredSection;
  readonly #vm: StoredVm;
  readonly #ramIndex: number;

  constructor(vm: StoredVm) {
    this.#vm = vm;
    const { sections } = vm.manifest;
    this.#ramIndex = sections.findIndex(({ name, kind }) => name === "ram" && kind === "start");
    const ram = sections[this.#ramIndex];
    assert(ram !== undefined, "a manifest that was read has a place for the memory");
    this.ram = ram;
  }

  /** The START section of the memory. @param isAdvised - Whether post-copy was: host pages are then told. */
  writeTable(writer: StreamWriter, isAdvised: boolean): void {
    const rows: BlockRow[] = this.#vm.manifest.blocks.map(({ name, length, hostPageSize }) => ({
      name,
      length,
      hostPageSize: isAdvised ? hostPageSize : null,
    }));
    writer.ramTable(this.ram, rows);
  }

  /** The sections that came before the memory. */
  writeEarly(writer: StreamWriter): void {
    this.#write(writer, 0, this.#ramIndex);
  }

  /** The sections that came behind the memory's table: the devices. */
  writeLate(writer: StreamWriter): void {
    this.#write(writer, this.#ramIndex + 1, this.#vm.manifest.sections.length);
  }

  #write(writer: StreamWriter, from: number, to: number): void {
    const { sections } = this.#vm.manifest;
    let at = sections.slice(0, from).reduce((sum, { length }) => sum + length, 0);
    for (const section of sections.slice(from, to)) {
      const body = this.#vm.devices.subarray(at, at + section.length);
      writer.section(section.kind, section, body);
      at += section.length;
    }
  }
}
