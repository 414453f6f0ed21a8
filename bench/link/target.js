// The target of a transfer: copies what comes into memory, as a machine's pages. Tells its parent its port,
// and at the end what came and the CPU time that it took.

import { createServer } from "node:net";
import { listenTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";

const memory = new Uint8Array(2 ** 28).fill(1);
let bytes = 0;

function store(chunk) {
  const at = bytes % memory.length;
  const first = Math.min(chunk.length, memory.length - at);
  memory.set(first === chunk.length ? chunk : chunk.subarray(0, first), at);
  if (first < chunk.length) memory.set(chunk.subarray(first), 0);
  bytes += chunk.length;
}

function tell(cpu) {
  const { user, system } = process.cpuUsage(cpu);
  process.send({ bytes, cpuMs: (user + system) / 1000 });
}

if (process.argv[2] === "frames") {
  const listener = await listenTcp("tcp://127.0.0.1:0", async (channel) => {
    const cpu = process.cpuUsage();
    const frames = new FrameStream(channel);
    for (let frame = await frames.receive(); frame !== null; frame = await frames.receive()) {
      store(frame.body);
    }
    if (frames.failure) throw frames.failure;
    tell(cpu);
  });
  process.send(Number(new URL(listener.address).port));
} else {
  const server = createServer((socket) => {
    const cpu = process.cpuUsage();
    socket.on("data", store);
    socket.on("end", () => tell(cpu));
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}
