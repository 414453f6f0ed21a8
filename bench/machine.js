import { cpus, freemem, totalmem } from "node:os";
import { memoryText } from "./text-table.js";

/** What the figures were measured on; they mean little without it. */
export function describeMachine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    freeBytes: freemem(),
    system: `${process.platform} ${process.arch}`,
  };
}

/** In one line. */
export function machineText({ machine, date, node }) {
  const memory = `${memoryText(machine.memoryBytes)} of memory, ${memoryText(machine.freeBytes)} free`;
  const parts = [machine.cpu, `${machine.cores} cores`, memory, machine.system, `Node ${node}`];
  return [...parts, ...(machine.compiler ? [machine.compiler] : []), date].join(", ");
}
