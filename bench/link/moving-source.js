// Sends memory to the target that the message names, by a move or over a plain socket.
import { connect } from "node:net";
import { moveMachine } from "../../dist/move/source.js";
import { dialTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";
import { MemoryMachine } from "./memory-machine.js";

const { mode, bytes, options } = JSON.parse(process.argv[2]);
const machine = new MemoryMachine(bytes / 4096);
machine.fillRandom();
process.on("message", async ({ port, address }) => {
  const before = process.cpuUsage();
  const start = performance.now();
  let report = null;
  if (mode === "plain") await plain(port);
  else {
    report = await moveMachine(machine, new FrameStream(await dialTcp(address)), {
      strategy: "cold",
      ...options,
    });
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  process.send({ seconds, cpu: (user + system) / 1e6, report });
  process.disconnect();
});
process.send({ ready: true });

/** What the move does at the least: pieces of memory are written when there is room, the target copies them in place. */
function plain(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("data", () => resolve());
    let part = 0;
    let at = 0;
    const pump = () => {
      for (;;) {
        const bytes = machine.parts[part];
        if (!bytes) return;
        const piece = bytes.subarray(at, at + 262_144);
        at += piece.length;
        if (at === bytes.length) {
          part += 1;
          at = 0;
        }
        if (!socket.write(piece)) return;
      }
    };
    socket.on("drain", pump);
    socket.on("connect", pump);
  });
}
