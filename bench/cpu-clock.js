// Everything is timed in CPU time: on a machine that does other work too, wall time says little.

/** Where the engine can tell, this thread's time alone; else that of the process with its compiler threads. */
const usage = process.threadCpuUsage ?? process.cpuUsage;

/** The finest step that counts: a microsecond. */
export const CLOCK_STEP_MS = 0.001;

let clock = () => {
  const { user, system } = usage.call(process);
  return (user + system) / 1000;
};

/**
 * Takes another clock from now on.
 *
 * @param {() => number} better - CPU time of this thread in milliseconds.
 */
export function useClock(better) {
  clock = better;
}

/** CPU time used so far, in milliseconds. */
export function cpuMilliseconds() {
  return clock();
}
