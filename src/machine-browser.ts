/**
 * Machines that really run, and their moves: `godwit/machine`, in browsers.
 *
 * @packageDocumentation
 */
export * from "./errors.js";
export { DirtyBitmap } from "./kernel/dirty-bitmap.js";
export { PageScan } from "./kernel/page-scan.js";
export { CompareLog } from "./machine/compare-log.js";
export {
  type ConformanceCase,
  compareLog,
  type LogComparison,
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
export { type V86Place, v86Kind, v86KindAt } from "./machine/v86/kind.js";
export type { LinuxGuest } from "./machine/v86/linux-guest.js";
export type { MultibootGuest, V86Guest, V86Network, V86Options } from "./machine/v86/options.js";
export {
  checksumAt,
  type TestGuestOptions,
  type TestGuestReport,
  testGuest,
  testGuestReports,
} from "./machine/v86/test-guest.js";
export { V86Machine } from "./machine/v86/v86-machine.js";
export type { WasmApplication } from "./machine/wasm/application.js";
export type { ImportValues } from "./machine/wasm/instance.js";
export { wasmKind } from "./machine/wasm/kind.js";
export type { ModuleMemory } from "./machine/wasm/module-memory.js";
export { type WasmEnd, WasmMachine } from "./machine/wasm/wasm-machine.js";
export type { MigrationProgress } from "./migration/migration.js";
export type * from "./migration/report.js";
export { ReceivedMoves } from "./move/received-moves.js";
export { type MoveOptions, type MoveReport, moveMachine, type Recovery } from "./move/source.js";
export type { Redialled } from "./move/source-owner.js";
export {
  type ReceivedMachine,
  type ReceiveMachineOptions,
  receiveMachine,
} from "./move/target.js";
export { type AdmissionOptions, proven } from "./transport/admission.js";
export { bridge } from "./transport/bridge.js";
export { dialBroadcast, listenBroadcast } from "./transport/broadcast-channel.js";
export { createRingMemory } from "./transport/byte-ring.js";
export type { Channel, Listener } from "./transport/channel.js";
export type { Port } from "./transport/port.js";
export { portChannel } from "./transport/port-channel.js";
export { ringFeeder } from "./transport/ring-feeder.js";
export { ringReader } from "./transport/ring-reader.js";
export { type WebSocketLike, webSocketChannel } from "./transport/web-socket-channel.js";
export { dialWebSocket } from "./transport/web-socket-client.js";
export { FrameStream } from "./wire/frame.js";
export {
  answerOpened,
  answerRefused,
  type Opened,
  type OpenRequest,
  openSession,
  readOpen,
} from "./wire/open.js";
