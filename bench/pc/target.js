// The process to which machines move: each in a thread of its own, as a host has them; or v86 as it comes,
// which restores a whole state. Tells its parent its two ports, and of each machine its first slice.

import { createServer } from "node:net";
import { MessageChannel, Worker } from "node:worker_threads";
import { withAddressRegisters } from "../../dist/machine/v86/upstream-bugs.js";
import { V86Machine } from "../../dist/machine/v86/v86-machine.js";
import { bridge } from "../../dist/transport/bridge.js";
import { nodePortChannel } from "../../dist/transport/node-port-channel.js";
import { listenTcp } from "../../dist/transport/tcp.js";
import { onFirstSlice } from "./first-slice.js";

// Whoever started it may be killed.
process.once("disconnect", () => process.exit());

const memoryBytes = Number(process.argv[2]);

const listener = await listenTcp("tcp://127.0.0.1:0", (channel) => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("target-thread.js", import.meta.url), {
    workerData: { port: port2, memoryBytes },
    transferList: [port2],
  });
  worker.on("message", (message) => {
    if (message !== "arrived") process.send(message);
    else void worker.terminate();
  });
  void bridge(channel, nodePortChannel(port1));
});

/** A whole state that comes, of a machine without a network card. */
const server = createServer(async (socket) => {
  const machine = await V86Machine.create({ memoryBytes, warm: true });
  onFirstSlice(machine, (slice) => process.send(slice));
  const chunks = [];
  socket.write("ready");
  for await (const chunk of socket) chunks.push(chunk);
  const state = Buffer.concat(chunks);
  const { emulator } = machine;
  const bytes = new Uint8Array(state).buffer;
  withAddressRegisters(emulator.v86.cpu, () => emulator.v86.restore_state(bytes));
  await machine.resume();
  setTimeout(() => machine.destroy(), 500);
});
server.listen(0, "127.0.0.1", () => {
  process.send({ moves: listener.address, states: server.address().port });
});
