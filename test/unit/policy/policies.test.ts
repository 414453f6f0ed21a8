import { describe, expect, test } from "vitest";
import { accountHarvest, unthrottled } from "../../../src/policy/auto-converge.js";
import { policies } from "../../../src/policy/policies.js";
import type { RoundStatistics } from "../../../src/policy/policy.js";
import { thresholdSize } from "../../../src/policy/qemu.js";

const statistics: RoundStatistics = {
  round: 1,
  elapsedNs: 1e9,
  roundNs: 1e8,
  pagesSent: 1000,
  bytesSent: 4_104_000,
  totalBytesSent: 50_000_000,
  guestPages: 10_000,
  dirtyPages: 500,
  dirtyPagesBefore: 1000,
  roundRate: 4.1e7,
  windowRate: 4.1e7,
  limits: {
    downtimeLimitNs: 0,
    maxRounds: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    dirtyThreshold: 0,
  },
};

function decide(name: keyof typeof policies, change: Partial<RoundStatistics>, limits = {}) {
  return policies[name].decide({
    ...statistics,
    ...change,
    limits: { ...statistics.limits, ...limits },
  });
}

describe.each(Object.keys(policies) as (keyof typeof policies)[])("policy %s", (name) => {
  test("is a pure function", () => {
    expect(decide(name, {})).toEqual(decide(name, {}));
  });
  test("stops when nothing is dirty", () => {
    expect(decide(name, { dirtyPages: 0 })).toMatchObject({
      action: "stop-and-copy",
      converged: true,
    });
  });
  test("stops after the rounds it was given", () => {
    expect(decide(name, { round: 3 }, { maxRounds: 4 })).toMatchObject({
      action: "stop-and-copy",
      converged: false,
    });
    expect(decide(name, { round: 2 }, { maxRounds: 4 }).action).toBe("continue");
  });
  test("stops after the bytes it was given", () => {
    expect(decide(name, {}, { maxBytes: 50_000_000 }).action).toBe("stop-and-copy");
    expect(decide(name, {}, { maxBytes: 50_000_001 }).action).toBe("continue");
  });
  test("stops below the threshold of dirty pages", () => {
    expect(decide(name, {}, { dirtyThreshold: 501 }).action).toBe("stop-and-copy");
    expect(decide(name, {}, { dirtyThreshold: 500 }).action).toBe("continue");
  });
});

test("all but QEMU weigh dirty bytes against the last round's rate", () => {
  // 500 pages are 2 048 000 bytes: 49.95 ms at 41 MB/s.
  for (const name of ["godwit", "cloud-hypervisor", "clark", "xen"] as const) {
    expect(decide(name, {}, { downtimeLimitNs: 50e6 }).converged).toBe(true);
    expect(decide(name, {}, { downtimeLimitNs: 49e6 }).action).toBe("continue");
  }
});

test("QEMU compares strictly with window rate x limit", () => {
  const windowRate = 20_480_000;
  expect(thresholdSize(windowRate, 100e6)).toBe(2_048_000);
  const limits = { downtimeLimitNs: 100e6 };
  expect(decide("qemu-7.2", { dirtyPages: 500, windowRate }, limits).action).toBe("continue");
  expect(decide("qemu-7.2", { dirtyPages: 499, windowRate }, limits).action).toBe("stop-and-copy");
  const window = { windowRate, downtimeLimitNs: 100e6 };
  expect(policies["qemu-7.2"].endsRound({ ...window, remainingPages: 499 })).toBe(true);
  expect(policies["qemu-7.2"].endsRound({ ...window, remainingPages: 500 })).toBe(false);
  expect(decide("qemu-7.2", { windowRate: 0 }, limits).action).toBe("stop-and-copy");
  expect(policies["qemu-7.2"].endsRound({ ...window, windowRate: 0, remainingPages: 0 })).toBe(
    false,
  );
});

describe("auto-converge, as QEMU 7.2 does it", () => {
  const settings = { initial: 0.2, increment: 0.1, max: 0.99, trigger: 0.5 };
  const periods = (dirty: readonly number[], sent: number) => {
    let state = unthrottled(0);
    return dirty.map((newlyDirty, index) => {
      const now = (index + 1) * 1.5e9;
      state = accountHarvest(
        state,
        { now, newlyDirty, totalBytesSent: (index + 1) * sent },
        settings,
      );
      return state.throttle;
    });
  };
  test("steps at every second period that dirtied more than half of what it sent", () => {
    expect(periods([10, 10, 10, 10, 10, 10], 40_960)).toEqual([0, 0.2, 0.2, 0.3, 0.3, 0.4]);
  });
  test("a good period does not reset the count", () => {
    expect(periods([10, 1, 1, 10], 40_960)).toEqual([0, 0, 0, 0.2]);
  });
  test("exactly half does not count", () => {
    expect(periods([5, 5, 5, 5], 40_960)).toEqual([0, 0, 0, 0]);
  });
  test("never passes the maximum", () => {
    expect(Math.max(...periods(new Array(40).fill(10), 40_960))).toBe(0.99);
  });
  test("periods of a second or less add up", () => {
    let state = unthrottled(0);
    for (const now of [0.5e9, 1e9]) {
      state = accountHarvest(state, { now, newlyDirty: 5, totalBytesSent: 40_960 }, settings);
    }
    expect(state).toMatchObject({ newlyDirty: 10, highCount: 0 });
    state = accountHarvest(
      state,
      { now: 1e9 + 1, newlyDirty: 0, totalBytesSent: 40_960 },
      settings,
    );
    expect(state).toMatchObject({ newlyDirty: 0, highCount: 1 });
  });
});
