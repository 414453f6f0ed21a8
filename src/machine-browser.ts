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
export { v86KindAt } from "./machine/v86/kind.js";
export type { LinuxGuest } from "./machine/v86/linux-guest.js";
export type { V86Guest } from "./machine/v86/options.js";
export { testGuest } from "./machine/v86/test-guest.js";
export { V86Machine } from "./machine/v86/v86-machine.js";
export { type MoveReport, moveMachine } from "./move/source.js";
export { type ReceivedMachine, receiveMachine } from "./move/target.js";
export { proven } from "./transport/admission.js";
export { bridge } from "./transport/bridge.js";
export { createRingMemory } from "./transport/byte-ring.js";
export type { Channel } from "./transport/channel.js";
export { portChannel } from "./transport/port-channel.js";
export { ringFeeder } from "./transport/ring-feeder.js";
export { ringReader } from "./transport/ring-reader.js";
export { FrameStream } from "./wire/frame.js";
export { answerOpened, answerRefused, openSession, readOpen } from "./wire/open.js";
export { dialWebSocket } from "./transport/web-socket-client.js";
export { webSocketChannel, type WebSocketLike } from "./transport/web-socket-channel.js";
