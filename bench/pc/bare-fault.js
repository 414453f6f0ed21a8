// What the hops of a fault take when nothing is done with them: a thread that is blocked asks its process's main
// thread, which asks another process over loopback TCP, which answers as many bytes as a page has. The count of
// rounds comes as the first argument; the median in milliseconds goes to the parent, which then ends the process.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import {
  isMainThread,
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { median } from "../statistics.js";

const SELF = fileURLToPath(import.meta.url);
const ASKS = "asks";
const REQUEST_BYTES = 24;
const PAGE_BYTES = 4096;
/** Guests compute between faults; a millisecond lets the other processes sleep, as they do then. */
const BETWEEN_MS = 1;

/** Answers every request with a page. */
function answer() {
  process.once("disconnect", () => process.exit());
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => socket.write(Buffer.alloc(PAGE_BYTES)));
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

/** Passes on what the thread asks, and what it is answered. */
async function ask(rounds) {
  const other = fork(SELF, []);
  process.once("exit", () => other.kill("SIGKILL"));
  const [port] = await once(other, "message");
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const data = { role: ASKS, signal, port: port2, rounds };
  const thread = new Worker(SELF, { workerData: data, transferList: [port2] });
  port1.on("message", () => socket.write(Buffer.alloc(REQUEST_BYTES)));
  let bytes = 0;
  socket.on("data", (chunk) => {
    bytes += chunk.length;
    if (bytes < PAGE_BYTES) return;
    bytes = 0;
    port1.postMessage(new Uint8Array(PAGE_BYTES));
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
  const [medianMs] = await once(thread, "message");
  process.send(medianMs);
}

/** Faults, so to speak. */
function fault({ signal, port, rounds }) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    const seen = Atomics.load(signal, 0);
    port.postMessage(new Uint8Array(REQUEST_BYTES));
    Atomics.wait(signal, 0, seen);
    receiveMessageOnPort(port);
    times.push(performance.now() - from);
    for (const end = performance.now() + BETWEEN_MS; performance.now() < end; );
  }
  parentPort.postMessage(median(times));
}

if (!isMainThread) fault(workerData);
else if (process.argv[2] === undefined) answer();
else await ask(JSON.parse(process.argv[2]));
