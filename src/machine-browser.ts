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
export type { LinuxGuest } from "./machine/v86/linux-guest.js";
export type { V86Guest } from "./machine/v86/options.js";
export { testGuest } from "./machine/v86/test-guest.js";
export { V86Machine } from "./machine/v86/v86-machine.js";
export { bridge } from "./transport/bridge.js";
export { createRingMemory } from "./transport/byte-ring.js";
export type { Channel } from "./transport/channel.js";
export { portChannel } from "./transport/port-channel.js";
export { ringFeeder } from "./transport/ring-feeder.js";
export { ringReader } from "./transport/ring-reader.js";
