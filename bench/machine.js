import { cpus, freemem, totalmem } from "node:os";

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
