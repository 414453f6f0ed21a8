/**
 * Real machines in browsers: what can be moved, and how.
 *
 * @packageDocumentation
 */
export * from "./errors.js";
export { DirtyBitmap } from "./kernel/dirty-bitmap.js";
export { PageScan } from "./kernel/page-scan.js";
export type {
  Machine,
  MachineConfiguration,
  MachineKind,
  MachineLimits,
  MachineMemory,
  PageSource,
} from "./machine/machine.js";
