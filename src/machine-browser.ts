/**
 * Machines that really run, and their moves: `godwit/machine`, for browsers.
 *
 * @packageDocumentation
 */
export * from "./errors.js";
export {
  type ConformanceCase,
  type MachineUnderTest,
  machineConformance,
} from "./machine/conformance.js";
export type {
  Machine,
  MachineConfiguration,
  MachineKind,
  MachineLimits,
  MachineMemory,
  PageSource,
} from "./machine/machine.js";
export type { WasmApplication } from "./machine/wasm/application.js";
export type { ImportValues } from "./machine/wasm/instance.js";
export { wasmKind } from "./machine/wasm/kind.js";
export type { ModuleMemory } from "./machine/wasm/module-memory.js";
export { type WasmEnd, WasmMachine } from "./machine/wasm/wasm-machine.js";
export { type MoveOptions, type MoveReport, moveMachine } from "./move/source.js";
export { type ReceivedMachine, type ReceiveMachineOptions, receiveMachine } from "./move/target.js";
export type { AdmissionOptions } from "./transport/admission.js";
export type { Channel, Listener } from "./transport/channel.js";
export { dialWebSocket } from "./transport/web-socket-client.js";
export { FrameStream } from "./wire/frame.js";
