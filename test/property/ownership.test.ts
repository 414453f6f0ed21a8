import { beforeAll, describe, expect, test } from "vitest";
import { stepSource } from "../../src/move/source-ownership.js";
import { stepTarget } from "../../src/move/target-ownership.js";
import {
  Breach,
  type Faults,
  firstWorld,
  movesOf,
  RULES,
  type Rules,
  type World,
} from "../ownership-world.js";

const FAULTS: Faults = {
  cuts: 2,
  sourceCrashes: 1,
  targetCrashes: 1,
  aborts: 1,
  breaks: 1,
  epochs: 1,
};
const MANY_EPOCHS: Faults = { ...FAULTS, cuts: 1, aborts: 0, epochs: 3 };

interface Exploration {
  readonly worlds: readonly World[];
  /** What was broken first, with the way there; null when nothing is. */
  readonly breach: string | null;
}

/** Goes through every world that can come about, breadth first, so that the way to a breach is a shortest one. */
function explore(isWhole: boolean, faults: Faults, rules: Rules = RULES): Exploration {
  const first = firstWorld(faults);
  const worlds: World[] = [first];
  const ways: { from: number; name: string }[] = [{ from: -1, name: "" }];
  const indices = new Map([[JSON.stringify(first), 0]]);
  const fairFrom: number[][] = [[]];
  const wayTo = (last: number): string => {
    const names: string[] = [];
    for (let at = last; at > 0; at = ways[at]?.from ?? -1) names.unshift(ways[at]?.name ?? "");
    return names.join("; ");
  };
  for (let at = 0; at < worlds.length; at++) {
    try {
      for (const move of movesOf(worlds[at] as World, isWhole, rules)) {
        if (move.world === worlds[at]) continue;
        const key = JSON.stringify(move.world);
        let index = indices.get(key);
        if (index === undefined) {
          index = worlds.push(move.world) - 1;
          indices.set(key, index);
          ways.push({ from: at, name: move.name });
          fairFrom.push([]);
          const broken = breachOf(move.world);
          if (broken) return { worlds, breach: `${broken}: ${wayTo(index)}` };
        }
        if (move.isFair) fairFrom[index]?.push(at);
      }
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      return { worlds, breach: `${error.message}: after ${wayTo(at)}` };
    }
  }
  const stuck = firstStuck(worlds, fairFrom);
  return { worlds, breach: stuck < 0 ? null : `never settles: ${wayTo(stuck)}` };
}

/** What must hold in every world. */
function breachOf({ source, target, truth }: World): string | null {
  if (truth.sourceRuns && truth.targetRuns) return "both run";
  const isTargetOver = !target || target.phase === "gone";
  if (truth.owner === "source" && source && !truth.sourceHasCopy) return "the owner has no copy";
  if (truth.owner === "target" && !isTargetOver && !truth.targetHasCopy)
    return "the owner has no copy";
  const isLacking = target?.phase === "running" && !target.isWhole;
  if (isLacking && source && !truth.sourceHasCopy) return "pages were freed that are needed";
  return null;
}

/** Nothing more needs to happen. */
function isSettled({ source, target, truth }: World): boolean {
  const isTargetOver = !target || target.phase === "refused" || target.phase === "gone";
  if (source?.phase === "kept") return truth.sourceRuns && isTargetOver;
  if (source && source.phase !== "released") return false;
  if (isTargetOver) return true;
  return target.phase === "running" && (!source || target.isWhole) && truth.targetRuns;
}

/** The first world from which, when nothing goes wrong any more, no settled one can be reached; -1: none. */
function firstStuck(worlds: readonly World[], fairFrom: readonly (readonly number[])[]): number {
  const settles = worlds.map(isSettled);
  const queue = [...worlds.keys()].filter((index) => settles[index]);
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    for (const from of fairFrom[index] ?? []) {
      if (settles[from]) continue;
      settles[from] = true;
      queue.push(from);
    }
  }
  return settles.indexOf(false);
}

describe.each([
  ["pre-copy", true, FAULTS],
  ["post-copy", false, FAULTS],
  ["post-copy with many epochs", false, MANY_EPOCHS],
] as const)("after every order of words, cuts and crashes, %s", (_, isWhole, faults) => {
  let worlds: readonly World[] = [];
  let breach: string | null = null;
  beforeAll(() => {
    ({ worlds, breach } = explore(isWhole, faults));
  });

  test("never runs twice, never has no owner, and settles once nothing goes wrong any more", () => {
    expect(breach).toBe(null);
    expect(worlds.length).toBeGreaterThan(5000);
  });

  test("leaves the machine at a living source when no commit was received", () => {
    const failed = worlds.filter(
      (world) => isSettled(world) && world.source && !world.truth.wasCommitted,
    );
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.every(({ source, truth }) => source?.phase === "kept" && truth.sourceRuns)).toBe(
      true,
    );
  });

  test("loses it only with the process that owns it, when no copy is kept elsewhere", () => {
    const lost = worlds.filter(
      (world) => isSettled(world) && !world.truth.sourceRuns && !world.truth.targetRuns,
    );
    const isOver = ({ target }: World) => !target || target.phase === "gone";
    const withSource = lost.filter(({ source, truth }) => !source && truth.owner === "source");
    const withTarget = lost.filter(
      (world) =>
        world.truth.owner === "target" &&
        isOver(world) &&
        (!world.source || world.source.phase === "released"),
    );
    expect(withSource.length).toBeGreaterThan(0);
    expect(withTarget.length).toBeGreaterThan(0);
    expect(withSource.length + withTarget.length).toBe(lost.length);
  });

  test("comes to every phase of both sides", () => {
    const phases = (side: "source" | "target") =>
      [...new Set(worlds.map((world) => world[side]?.phase))].sort();
    const lending = isWhole ? ["in-doubt"] : ["in-doubt", "serving"];
    expect(phases("source")).toEqual(
      ["handing-over", ...lending, "kept", "pushing", "released", undefined].sort(),
    );
    expect(phases("target")).toEqual(
      ["gone", "ready", "receiving", "refused", "running", undefined].sort(),
    );
  });
});

/** Rules that somebody might hold for right, and what comes of them. */
const WRONG: readonly (readonly [string, boolean, RegExp, Partial<Rules>])[] = [
  [
    "a source in doubt that takes the machine back when its channel is cut",
    true,
    /^(both run|resumed what is not ours)/,
    {
      source: (state, event) =>
        state.phase === "in-doubt" && event.kind === "cut"
          ? {
              state: { phase: "kept", reason: "", epoch: null },
              effects: [{ kind: "resume", epoch: 0 }],
            }
          : stepSource(state, event),
    },
  ],
  [
    "a source in doubt that obeys an abort",
    true,
    /^(both run|resumed what is not ours)/,
    {
      source: (state, event) =>
        state.phase === "in-doubt" && event.kind === "abort"
          ? {
              state: { phase: "kept", reason: "", epoch: null },
              effects: [{ kind: "resume", epoch: 0 }],
            }
          : stepSource(state, event),
    },
  ],
  [
    "a source in doubt that does not ask",
    true,
    /^never settles/,
    {
      source: (state, event) =>
        event.kind === "redialled" ? { state, effects: [] } : stepSource(state, event),
    },
  ],
  [
    "a source that frees its copy with the commit",
    true,
    /^the owner has no copy/,
    {
      source: (state, event) => {
        const step = stepSource(state, event);
        const commits = state.phase === "handing-over" && step.state.phase === "in-doubt";
        return commits ? { ...step, effects: [...step.effects, { kind: "free" }] } : step;
      },
    },
  ],
  [
    "a source that frees its copy while the target lacks pages",
    false,
    /^pages were freed that are needed/,
    {
      source: (state, event) => {
        const isRunning = event.kind === "heard" && event.word.kind === "running";
        if (!isRunning) return stepSource(state, event);
        const word = { kind: "running", isWhole: true } as const;
        return stepSource(state, { ...event, word });
      },
    },
  ],
  [
    "a source that takes a new process at the address for the one it knew",
    true,
    /^never settles/,
    {
      source: (state, event) =>
        event.kind === "heard" && event.word.kind === "unknown"
          ? { state, effects: [] }
          : stepSource(state, event),
    },
  ],
  [
    "a source that takes an epoch over that comes late",
    false,
    /^took an epoch over/,
    {
      source: (state, event) =>
        state.phase === "serving" && event.kind === "heard" && event.word.kind === "epoch"
          ? stepSource({ ...state, epoch: 0 }, event)
          : stepSource(state, event),
    },
  ],
  [
    "a target that keeps its copy when the channel is cut before the commit",
    true,
    /^never settles/,
    {
      target: (state, event) =>
        state.phase === "ready" && event.kind === "cut"
          ? { state, effects: [] }
          : stepTarget(state, event),
    },
  ],
  [
    "a target that refuses but would obey a commit that comes late",
    true,
    /^(both run|ran what is not there)/,
    {
      target: (state, event) => {
        const isLate =
          state.phase === "refused" && event.kind === "heard" && event.word.kind === "commit";
        return isLate
          ? stepTarget({ phase: "ready", channel: event.channel, isWhole: true }, event)
          : stepTarget(state, event);
      },
    },
  ],
  [
    "a target that asks to be committed on the new channel rather than refusing",
    true,
    /^never settles/,
    {
      target: (state, event) => {
        const isRejoin = event.kind === "heard" && event.word.kind === "rejoin";
        if (state.phase !== "ready" || !isRejoin) return stepTarget(state, event);
        return { state: { ...state, channel: event.channel }, effects: [] };
      },
    },
  ],
  [
    "a target that forgets an epoch once it is sent",
    false,
    /^(forgot|took an epoch over|resumed from another)/,
    {
      target: (state, event) => {
        const step = stepTarget(state, event);
        if (state.phase !== "running" || step.state.phase !== "running") return step;
        const appliedEpoch = step.state.sentEpoch;
        const settle = { kind: "settle-epoch", epoch: appliedEpoch } as const;
        return { state: { ...step.state, appliedEpoch }, effects: [...step.effects, settle] };
      },
    },
  ],
  [
    "a target whose machine breaks, and that says so before it is destroyed and lets it run",
    true,
    /^both run/,
    {
      target: (state, event) => {
        const step = stepTarget(state, event);
        return event.kind === "broken"
          ? { ...step, effects: step.effects.filter(({ kind }) => kind !== "drop") }
          : step;
      },
    },
  ],
];

test.each(WRONG)("finds the fault of %s", (_, isWhole, expected, rules) => {
  expect(explore(isWhole, isWhole ? FAULTS : MANY_EPOCHS, { ...RULES, ...rules }).breach).toMatch(
    expected,
  );
});
