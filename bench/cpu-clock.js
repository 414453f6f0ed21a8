// Everything is timed in CPU time: on a machine that does other work too, wall time says little.

/** Where the engine can tell, this thread's time alone; else that of the process with its compiler threads. */
const usage = process.threadCpuUsage ?? process.cpuUsage;

/** The finest step of the clock: a microsecond. */
export const CLOCK_STEP_MS = 0.001;

/** CPU time used so far, in milliseconds. */
export function cpuMilliseconds() {
  const { user, system } = usage.call(process);
  return (user + system) / 1000;
}
