import { InvalidOptionError } from "../../errors.js";
import { PAGE_SIZE, type PageCount, type PageIndex } from "../../units.js";
import type { MachineMemory } from "../machine.js";
import type { V86Cpu, V86Exports } from "./emulator.js";

const LOW_BYTES = 1 << 20;

/** The guest's memory where v86 has it: in the memory of its module, which may grow and move. */
export class V86Memory implements MachineMemory {
  readonly pageCount: PageCount;
  /** Where the guest's memory begins in v86's. */
  readonly at: number;
  readonly #cpu: V86Cpu;
  readonly #exports: V86Exports;
  readonly #isInSlice: () => boolean;

  /** @param isInSlice - Whether the guest waits for a page at present, amid an instruction. */
  constructor(cpu: V86Cpu, exports: V86Exports, pageCount: PageCount, isInSlice: () => boolean) {
    this.#isInSlice = isInSlice;
    this.#cpu = cpu;
    this.#exports = exports;
    this.pageCount = pageCount;
    this.at = cpu.mem8.byteOffset;
  }

  /** All of it; valid until memory grows. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, this.at, this.pageCount * PAGE_SIZE);
  }

  /** An empty machine is all zero, but for what v86's reset leaves below 1 MiB. */
  clearLow(): void {
    this.bytes.fill(0, 0, LOW_BYTES);
  }

  read(from: PageIndex, to: PageCount): Uint8Array {
    this.#check("from", from, this.pageCount - 1);
    this.#check("to", to, this.pageCount);
    return this.bytes.subarray(from * PAGE_SIZE, to * PAGE_SIZE);
  }

  write(from: PageIndex, bytes: Uint8Array): void {
    const pages = bytes.length / PAGE_SIZE;
    this.#check("from", from, this.pageCount);
    if (!Number.isInteger(pages) || pages > this.pageCount - from) {
      throw new InvalidOptionError("bytes.length", bytes.length, "whole pages within the memory");
    }
    const at = from * PAGE_SIZE;
    // Code that was compiled from what these pages held must not run any more. What comes while the guest
    // waits was absent: there is none, and v86's compiler may be at work and not to be disturbed.
    if (!this.#isInSlice()) this.#cpu.jit_dirty_cache(at, at + bytes.length);
    this.bytes.set(bytes, at);
  }

  #check(name: string, page: number, most: number): void {
    if (Number.isInteger(page) && page >= 0 && page <= most) return;
    throw new InvalidOptionError(name, page, `a page, 0 to ${most}`);
  }
}
