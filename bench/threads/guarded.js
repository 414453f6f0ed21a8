import { setTimeout } from "node:timers/promises";
import { shuffled } from "../statistics.js";

/**
 * Answers whether the machine runs two threads at full speed right now: what both spin through together
 * takes no longer than what one has just spun through alone.
 *
 * @param {{ wake: () => void, spin: (threads: number) => void }} threads
 * @param {number} leastSpeed - Share of full speed that counts as full.
 * @param {() => number} [now] - Milliseconds.
 * @returns {() => boolean}
 */
export function createGuard({ wake, spin }, leastSpeed, now = () => performance.now()) {
  return () => {
    wake();
    const one = timed(() => spin(1), now);
    wake();
    const two = timed(() => spin(2), now);
    return one / two >= leastSpeed;
  };
}

/**
 * Times one thread and two in turns, and keeps the turns before and after which the guard held.
 *
 * @param {object} work
 * @param {() => boolean} work.guard
 * @param {() => void} work.wake - Wakes the threads, so that each begins as soon as it is told.
 * @param {() => void} work.one
 * @param {() => void} work.two
 * @param {object} effort
 * @param {number} effort.attempts - Most turns.
 * @param {number} effort.enough - Turns kept that end it.
 * @param {number} effort.least - Fewer than that say nothing.
 * @param {number} effort.budgetMs - Time after which no further turn begins.
 * @param {number} effort.pauseMs - How long others are left alone after a turn that was disturbed.
 * @param {() => number} [now]
 * @returns {Promise<Map<string, number[]> | null>} Milliseconds by who worked; null: too few held.
 */
export async function sampleGuarded(work, effort, now = () => performance.now()) {
  const { guard, wake, one, two } = work;
  const { attempts, enough, least, budgetMs, pauseMs } = effort;
  const samples = new Map([
    ["two workers", []],
    ["one worker", []],
  ]);
  const works = { "two workers": two, "one worker": one };
  const kept = samples.get("two workers");
  const start = now();
  for (let attempt = 0; attempt < attempts && kept.length < enough; attempt++) {
    if (now() - start > budgetMs) break;
    if (guard()) {
      const times = shuffled([...samples.keys()]).map((name) => {
        wake();
        return [name, timed(works[name], now)];
      });
      if (guard()) {
        for (const [name, time] of times) samples.get(name).push(time);
        continue;
      }
    }
    // Signals are heard here too.
    await setTimeout(pauseMs);
  }
  return kept.length < least ? null : samples;
}

function timed(work, now) {
  const start = now();
  work();
  return now() - start;
}
