import type { Bytes } from "../../units.js";
import type { V86Cpu, V86Exports } from "./emulator.js";
import { ADDRESS, STATE } from "./layout.js";

/**
 * Whether v86 keeps things where it is thought to: what is changed in its memory must show in its state,
 * under the number that is looked at. Answers what is otherwise; null: nothing.
 */
export function checkLayout(cpu: V86Cpu, exports: V86Exports, memoryBytes: Bytes): string | null {
  const { buffer } = exports.memory;
  const words = new Int32Array(buffer, 0, 512);
  const halves = new Uint16Array(buffer, 0, 1024);
  const probes: [
    name: string,
    array: Int32Array | Uint16Array,
    at: number,
    place: number,
    index: number,
  ][] = [
    ["cr0", words, ADDRESS.cr0 / 4, STATE.controlRegisters, 0],
    ["cr3", words, ADDRESS.cr3 / 4, STATE.controlRegisters, 3],
    ["cr4", words, ADDRESS.cr4 / 4, STATE.controlRegisters, 4],
    ["pdpte", words, ADDRESS.pdpte / 4, STATE.pageDirectoryPointers, 0],
    ["last_result", words, ADDRESS.lastResult / 4, STATE.lastResult, 0],
    ["mxcsr", words, ADDRESS.mxcsr / 4, STATE.mxcsr, 0],
    ["fpu_status_word", halves, ADDRESS.fpuStatusWord / 2, STATE.fpuStatusWord, 0],
  ];
  if (cpu.memory_size[0] !== memoryBytes) return `memory_size is ${cpu.memory_size[0]}`;
  if (words[ADDRESS.memorySize / 4] !== memoryBytes) return "memory_size is elsewhere";
  if (cpu.get_state()[STATE.memorySize] !== memoryBytes) return "the state has no memory_size";
  for (const [name, array, at, place, index] of probes) {
    const before = array[at] as number;
    array[at] = before ^ 0x55;
    const list = cpu.get_state()[place] as Record<number, number> | undefined;
    const seen = list?.[index];
    const written = array[at];
    array[at] = before;
    if (seen !== written) return `${name} is elsewhere`;
  }
  return null;
}
