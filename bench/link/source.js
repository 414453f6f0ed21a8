// The source of a transfer, in a process of its own; it starts the target in another. The task comes as the
// first argument; one message goes to the parent, which then ends the process.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { dialTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";
import { MOVE_FRAMES } from "../../dist/wire/frame-types.js";

/** What is sent at a time, and the guest's memory that it is taken from again and again. */
const BATCH = 2 ** 20;
const MEMORY = 2 ** 28;

const SENDERS = {
  async frames(port, batches) {
    const channel = await dialTcp(`tcp://127.0.0.1:${port}`);
    const frames = new FrameStream(channel);
    for (const batch of batches) {
      frames.send(MOVE_FRAMES.pages, [batch]);
      if (frames.buffered > 2 * BATCH) await frames.drained(2 * BATCH);
    }
    frames.close();
  },
  async "plain socket"(port, batches) {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setNoDelay(true);
    for (const batch of batches) {
      if (!socket.write(batch)) await once(socket, "drain");
    }
    socket.end();
  },
};

const { way, bytes } = JSON.parse(process.argv[2]);
const memory = new Uint8Array(Math.min(bytes, MEMORY));
for (let at = 0; at < memory.length; at += 65_536) {
  crypto.getRandomValues(memory.subarray(at, at + 65_536));
}
const target = fork(fileURLToPath(new URL("target.js", import.meta.url)), [way]);
process.once("exit", () => target.kill("SIGKILL"));
const [port] = await once(target, "message");
const told = once(target, "message");
const cpu = process.cpuUsage();
const startMs = performance.now();
await SENDERS[way](port, batchesOf(memory, bytes));
const [received] = await told;
const wallMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(cpu);
if (received.bytes !== bytes) throw new Error(`${received.bytes} bytes of ${bytes} arrived`);
target.kill("SIGKILL");
await once(target, "exit");
process.send({ wallMs, sourceMs: (user + system) / 1000, targetMs: received.cpuMs });

function* batchesOf(memory, bytes) {
  for (let sent = 0; sent < bytes; sent += BATCH) {
    const at = sent % memory.length;
    yield memory.subarray(at, at + BATCH);
  }
}
