import { assert } from "../../errors.js";
import type { V86Cpu, V86Exports } from "./emulator.js";
import { FAULT_BIT, MAP_BYTES, MAP_GLOBAL, MODE, MODE_GLOBAL } from "./page-walk-patch.js";

/** Called with the number of a linear page before it is translated. */
export type FaultHook = (linearPage: number) => void | Promise<void>;

/** The switches of the patched page walk. */
export class PatchedModule {
  readonly #cpu: V86Cpu;
  readonly #exports: V86Exports;
  readonly #mode: WebAssembly.Global;
  readonly #mapAt: number;

  constructor(cpu: V86Cpu, exports: V86Exports) {
    this.#cpu = cpu;
    this.#exports = exports;
    const globals = exports as unknown as Record<string, WebAssembly.Global>;
    this.#mode = globals[MODE_GLOBAL] as WebAssembly.Global;
    this.#mapAt = exports.v86_malloc(MAP_BYTES) >>> 0;
    (globals[MAP_GLOBAL] as WebAssembly.Global).value = this.#mapAt;
  }

  /** A byte for each page of the 4 GiB of addresses: 1 when it may have been written. Valid until memory grows. */
  get map(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, this.#mapAt, MAP_BYTES);
  }

  get isLogging(): boolean {
    return (this.#mode.value & MODE.log) !== 0;
  }

  set isLogging(isOn: boolean) {
    this.#set(MODE.log, isOn);
  }

  get isFaulting(): boolean {
    return (this.#mode.value & MODE.fault) !== 0;
  }

  set isFaulting(isOn: boolean) {
    this.#set(MODE.fault, isOn);
  }

  /** From now on every page is walked to again at its next access. */
  forgetTranslations(): void {
    this.#cpu.full_clear_tlb();
  }

  #set(bit: number, isOn: boolean): void {
    assert(Number.isInteger(this.#mode.value), "the page walk's mode is a number");
    this.#mode.value = isOn ? this.#mode.value | bit : this.#mode.value & ~bit;
  }
}

/** What v86's module imports as `io_port_read32`. */
export type PortRead = (port: number) => number | Promise<number>;

/** The port read that also hears of pages to be translated. */
export function withFaults(read: PortRead, fault: () => FaultHook | null): PortRead {
  return (port) => {
    if (port >= 0) return read(port);
    const waiting = fault()?.((port & ~FAULT_BIT) >>> 0);
    return waiting === undefined ? 0 : waiting.then(() => 0);
  };
}
