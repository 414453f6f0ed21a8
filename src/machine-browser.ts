/**
 * Machines that really run, and their moves: `godwit/machine`, for browsers.
 *
 * @packageDocumentation
 */
export * from "./errors.js";
export type {
  Machine,
  MachineConfiguration,
  MachineKind,
  MachineLimits,
  MachineMemory,
  PageSource,
} from "./machine/machine.js";
export type { MigrationProgress } from "./migration/migration.js";
export type * from "./migration/report.js";
export type { MoveReport, Recovery } from "./move/source.js";
export type { Channel, Listener } from "./transport/channel.js";
