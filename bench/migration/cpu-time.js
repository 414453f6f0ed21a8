/**
 * What some work cost the process.
 *
 * @typedef {object} CpuTime
 * @property {number} cpuMs - All of it.
 * @property {number} systemMs - Of that, what the system took: mostly for handing out memory.
 */

/**
 * Starts counting; the answer stops it. The time of all threads counts, since a caller pays for them all.
 *
 * @returns {() => CpuTime}
 */
export function countCpuTime() {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return { cpuMs: (user + system) / 1000, systemMs: system / 1000 };
  };
}
