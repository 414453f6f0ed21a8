// Receives either a machine or the same bytes over a plain socket; says when it is through.
import { createServer } from "node:net";
import { receiveMachine } from "../../dist/move/target.js";
import { listenTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";
import { MemoryMachine, memoryKind } from "./memory-machine.js";

const { mode, bytes } = JSON.parse(process.argv[2]);
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

if (mode === "plain") {
  const machine = new MemoryMachine(bytes / 4096);
  const server = createServer((socket) => {
    const before = cpu();
    let at = 0;
    socket.on("data", (chunk) => {
      for (let done = 0; done < chunk.length; ) {
        const part = machine.parts[Math.floor(at / 2 ** 29)];
        const offset = at % 2 ** 29;
        const piece = chunk.subarray(done, done + part.length - offset);
        part.set(piece, offset);
        done += piece.length;
        at += piece.length;
      }
      if (at === bytes) {
        socket.end("done");
        server.close();
        process.send({ cpu: cpu() - before });
      }
    });
  });
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
} else {
  const listener = await listenTcp("tcp://127.0.0.1:0", async (channel) => {
    const before = cpu();
    const { arrived } = await receiveMachine(new FrameStream(channel), {
      kinds: [memoryKind],
      limits: { memoryBytes: 2 ** 40 },
    });
    await arrived;
    await listener.close();
    process.send({ cpu: cpu() - before });
  });
  process.send({ address: listener.address });
}
