/**
 * Machines that really run, and their moves between processes and hosts: `godwit/machine`, for Node.
 *
 * @packageDocumentation
 */
export {
  type CallOptions,
  type ConsoleEnd,
  type ConsoleOptions,
  type ConsoleSession,
  HostClient,
  type MoveCallOptions,
  type StartOptions,
} from "./host/client.js";
export type {
  GuestToStart,
  MachineState,
  MachineStatus,
  MachineToStart,
  MoveSettings,
  V86ToStart,
} from "./host/control-messages.js";
export { type Credentials, NO_CREDENTIALS } from "./host/credentials.js";
export type { HostEvent } from "./host/desk.js";
export { Host, type HostOptions } from "./host/host.js";
export type { HostLimits } from "./host/host-options.js";
export * from "./machine-browser.js";
export { dialTcp, listenTcp } from "./transport/tcp.js";
export { listenWebSocket, type WebSocketListenOptions } from "./transport/web-socket-server.js";
