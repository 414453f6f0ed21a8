import { Session } from "node:inspector/promises";

const SAMPLING_MICROSECONDS = 1000;
/** Where one memory's bytes are copied into another's: it calls TypedArray.set, which has no name of its own. */
const COPYING = "perform";

/**
 * Starts to look where this thread spends its time; the answer stops that and tells which share of it was
 * spent in the compiled kernel or in copying bytes.
 *
 * @returns {Promise<() => Promise<number>>}
 */
export async function watchKernelShare() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return shareOf(profile);
  };
}

/** @param {import("node:inspector").Profiler.Profile} profile */
function shareOf({ nodes, samples, timeDeltas }) {
  const isWork = new Map(nodes.map(({ id, callFrame }) => [id, isKernel(callFrame)]));
  let work = 0;
  let all = 0;
  for (const [index, id] of samples.entries()) {
    all += timeDeltas[index];
    if (isWork.get(id)) work += timeDeltas[index];
  }
  return work / all;
}

function isKernel({ functionName, url }) {
  return url.startsWith("wasm://") || functionName === COPYING;
}
