// The process from which machines move, one after the other; it starts the target in another. The task
// comes as the first argument; one message goes to the parent, which then ends the process.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { moveMachine } from "../../dist/move/source.js";
import { dialTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";
import { wallMs } from "./first-slice.js";
import { busyMachine, GUESTS } from "./guests.js";

/** Stops it when everything is moved; what v86 itself can do. */
async function saveAndRestore(machine, { states }) {
  const socket = connect({ port: states, host: "127.0.0.1" });
  socket.setNoDelay(true);
  await once(socket, "data");
  const stoppedAt = wallMs();
  await machine.pause();
  const state = new Uint8Array(await machine.emulator.save_state());
  socket.end(state);
  return { stoppedAt, bytes: state.length };
}

async function move(machine, { moves }, strategy) {
  const frames = new FrameStream(await dialTcp(moves));
  let stoppedAt = 0;
  const pause = machine.pause.bind(machine);
  machine.pause = () => {
    stoppedAt = wallMs();
    return pause();
  };
  const report = await moveMachine(machine, frames, { strategy });
  if (report.runningOn !== "target") throw new Error(`${strategy}: ${report.reason}`);
  const { downtimeMs, faults, totalMigrationTimeMs } = report;
  return {
    stoppedAt,
    reportedMs: downtimeMs,
    totalMs: totalMigrationTimeMs,
    faultMs: faults.medianStallMs,
    faults: faults.faults,
  };
}

const { pattern, ways, moves, settleMs } = JSON.parse(process.argv[2]);
const { memoryBytes } = GUESTS[pattern];
const target = fork(fileURLToPath(new URL("target.js", import.meta.url)), [String(memoryBytes)]);
process.once("exit", () => target.kill("SIGKILL"));
const [addresses] = await once(target, "message");
const runs = [];
for (let count = 0; count < moves; count++) {
  for (const way of ways) {
    const machine = await busyMachine(pattern, settleMs);
    const ran = once(target, "message");
    const { stoppedAt, ...figures } = await (way === "stock v86"
      ? saveAndRestore(machine, addresses)
      : move(machine, addresses, way));
    const [{ beganAt, doneAt }] = await ran;
    machine.destroy();
    const times = { downtimeMs: beganAt - stoppedAt, sliceMs: doneAt - beganAt };
    runs.push({ way, ...times, sliceDoneMs: doneAt - stoppedAt, ...figures });
  }
}
target.kill("SIGKILL");
await once(target, "exit");
process.send(runs);
