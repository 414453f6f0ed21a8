import { expect, test } from "vitest";
import { createGuard, sampleGuarded } from "../../bench/threads/guarded.js";

const EFFORT = { attempts: 10, enough: 3, least: 2, budgetMs: 1e9, pauseMs: 0 };

/** A clock that work moves on. */
function fakeClock(): { now: () => number; takes: (ms: number) => void } {
  let time = 0;
  return {
    now: () => time,
    takes: (ms) => {
      time += ms;
    },
  };
}

test("the guard holds while two threads spin as fast as one has just done alone", () => {
  const { now, takes } = fakeClock();
  let together = 4;
  let alone = 4;
  const spin = (threads: number): void => takes(threads === 1 ? alone : together);
  const guard = createGuard({ wake: () => takes(100), spin }, 0.97, now);
  expect(guard()).toBe(true);
  together = 4.1;
  expect(guard()).toBe(true);
  together = 4.2;
  expect(guard()).toBe(false);
  // What a machine gives to one thread changes.
  alone = 8;
  together = 8;
  expect(guard()).toBe(true);
});

test("only turns between guards that held are kept", async () => {
  const { now, takes } = fakeClock();
  const held = [true, false, false, true, true, false, true, true, true, true, true, true];
  const guard = (): boolean => held.shift() ?? false;
  let length = 0;
  const work = {
    guard,
    wake: () => takes(100),
    one: () => takes(2 * (1 + Math.floor(length++ / 2))),
    two: () => takes(1 + Math.floor(length++ / 2)),
  };
  const samples = await sampleGuarded(work, EFFORT, now);
  expect([...(samples ?? [])]).toEqual([
    ["two workers", [2, 3, 4]],
    ["one worker", [4, 6, 8]],
  ]);
});

test("too few of them are none, and a budget ends it", async () => {
  const { now, takes } = fakeClock();
  let guards = 0;
  const work = {
    guard: () => guards++ < 2,
    wake: () => {},
    one: () => takes(2),
    two: () => takes(1),
  };
  expect(await sampleGuarded(work, EFFORT, now)).toBeNull();
  expect(guards).toBe(2 + 9);
  const busy = { ...work, guard: () => true };
  const samples = await sampleGuarded(busy, { ...EFFORT, budgetMs: 5 }, now);
  expect(samples?.get("one worker")).toEqual([2, 2]);
});
