import { PassCurve, type PassSample } from "../observe/passes.js";
import { guestOfObservation, type PredictedGuest } from "./guest.js";

/**
 * What the first pass of a migration tells of a guest: how much of its memory is not zero, and how many
 * pages it dirtied within the pass (the sync that ends it says so). That is one point of D(t); below it a
 * heavy tail is assumed, as for every migration that is watched. Nothing that comes after the first sample
 * of the second pass is looked at.
 *
 * @param samples - Answers of `query-migrate` in order (see `passSample`), from the first pass on.
 * @param isStopped - Whether the guest was stopped before; it dirties nothing then, and what is still unsent
 *   at the last sample may be anything. Default: it runs.
 * @returns Null where the first pass was not seen to its end: nothing is known of D(t) then.
 */
export function guestOfFirstPass(
  samples: Iterable<PassSample>,
  { isStopped = false }: { readonly isStopped?: boolean } = {},
): PredictedGuest | null {
  const passes = new PassCurve();
  for (const sample of samples) {
    const isOver = sample.pass > 1;
    // Short passes that came and went between two samples are counted to the first one.
    passes.sample(isOver ? { ...sample, pass: 2 } : sample);
    if (isOver) break;
  }
  const subject = "the first pass of a migration";
  const observation = passes.observation(subject);
  if (!isStopped) return observation && guestOfObservation(observation);
  const contents = passes.contents();
  if (contents === null) return null;
  const nothing = { kind: "godwit-observation", version: 1, source: "migration" } as const;
  return guestOfObservation({
    ...nothing,
    ...{ subject, observedMs: 0, contents, curve: [], cost: null },
  });
}
