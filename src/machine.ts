/**
 * Machines that really run, and their moves: `godwit/machine`, for Node.
 *
 * @packageDocumentation
 */
export * from "./machine-browser.js";
export { listenTcp } from "./transport/tcp.js";
export { listenWebSocket, type WebSocketListenOptions } from "./transport/web-socket-server.js";
