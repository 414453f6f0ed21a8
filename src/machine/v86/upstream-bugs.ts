import type { V86Cpu, WordView } from "./emulator.js";
import { ADDRESS } from "./layout.js";

/**
 * v86's `set_state` replaces its views of three registers by what came with the state, instead of writing
 * to the registers; the flags of the last arithmetic are lost by it. A view that writes when it is set
 * does what was meant.
 */
export function keepRegisters(cpu: V86Cpu): void {
  const register = (
    name: "last_result" | "fpu_status_word" | "mxcsr",
    view: (buffer: ArrayBuffer) => WordView,
  ): void => {
    Object.defineProperty(cpu, name, {
      get: () => view(cpu.wasm_memory.buffer),
      set: (value: WordView) => view(cpu.wasm_memory.buffer).set(value),
    });
  };
  register("last_result", (buffer) => new Int32Array(buffer, ADDRESS.lastResult, 1));
  register("fpu_status_word", (buffer) => new Uint16Array(buffer, ADDRESS.fpuStatusWord, 1));
  register("mxcsr", (buffer) => new Int32Array(buffer, ADDRESS.mxcsr, 1));
}

/**
 * v86's PCI bus trips over address registers that a device does not have, unless the guest has asked for
 * their sizes, as a BIOS does. So there are some while `restore` goes on.
 */
export function withAddressRegisters(cpu: V86Cpu, restore: () => void): void {
  const plugs: (() => void)[] = [];
  for (const device of cpu.devices.pci.devices) {
    const registers = device?.pci_bars ?? [];
    for (let index = 0; index < registers.length; index++) {
      if (registers[index]) continue;
      registers[index] = { size: 0, original_bar: 0, entries: [] };
      plugs.push(() => {
        registers[index] = undefined;
      });
    }
  }
  try {
    restore();
  } finally {
    for (const unplug of plugs) unplug();
  }
}
