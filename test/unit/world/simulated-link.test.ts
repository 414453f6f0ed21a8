import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { SimulatedClock } from "../../../src/world/clock.js";
import { fairShare, goodput, SimulatedLink } from "../../../src/world/simulated-link.js";
import { LAN } from "../../scenes.js";

const NONE = Number.POSITIVE_INFINITY;
const make = (change: Partial<typeof LAN>) =>
  new SimulatedLink(new SimulatedClock(), { ...LAN, ...change });

describe("a transfer", () => {
  test("takes bytes over rate, rounded up to a nanosecond", async () => {
    const link = make({});
    await link.transmit(1_250_000_001, NONE);
    expect(link.clock.now()).toBe(1_000_000_001);
  });
  test("keeps to a cap", async () => {
    const link = make({});
    await link.transmit(1_000_000, 1e6);
    expect(link.clock.now()).toBe(1e9);
  });
  test("follows a bandwidth that changes", async () => {
    const link = make({
      bandwidth: [
        { atNs: 0, rate: 1e9 },
        { atNs: 1e9, rate: 1e8 },
        { atNs: 2e9, rate: 1e9 },
      ],
    });
    expect(link.capacityUntil(3e9, NONE)).toBe(2.1e9);
    await link.transmit(1.6e9, NONE);
    expect(link.clock.now()).toBe(2.5e9);
  });
  test("waits through a short outage", async () => {
    const link = make({
      bandwidth: [{ atNs: 0, rate: 1e9 }],
      outages: [{ atNs: 5e8, durationNs: 3e9 }],
    });
    await link.transmit(1e9, NONE);
    expect(link.clock.now()).toBe(4e9);
  });
  test("fails when the outage lasts longer than the timeout", async () => {
    const link = make({ outages: [{ atNs: 5e8, durationNs: NONE }], timeoutNs: 2e9 });
    const error = await link.transmit(1e10, NONE).catch((e: unknown) => e);
    expect(isGodwitError(error, "LinkFailedError") && error.atNs).toBe(5e8);
    expect(link.clock.now()).toBe(2.5e9);
  });
});

test("a transfer that would outlast simulated time fails", async () => {
  const link = make({ bandwidth: [{ atNs: 0, rate: 1 }] });
  const error = await link.transmit(1e12, NONE).catch((e: unknown) => e);
  expect(isGodwitError(error, "LinkFailedError")).toBe(true);
  expect(String(error)).toContain("simulated time");
});

test("a message in flight is sent again after an outage", async () => {
  const link = make({ roundTripNs: 2e8, outages: [{ atNs: 5e7, durationNs: 1e9 }] });
  await link.arrive();
  expect(link.clock.now()).toBe(1.05e9 + 1e8);
});

test("traffic of others is shared with max-min fairness", () => {
  expect(fairShare(10, 0, 3)).toBe(10);
  expect(fairShare(10, 4, 1)).toBe(6);
  expect(fairShare(10, 8, 1)).toBe(5);
  expect(fairShare(10, 100, 4)).toBe(2);
});

test("loss costs what is sent again and bounds the window (Mathis)", () => {
  expect(goodput(1e9, 1e6, 0)).toBe(1e9);
  expect(goodput(1e6, 0, 0.01)).toBe(0.99e6);
  // 1460 bytes x sqrt(3/2) / (100 ms x sqrt(0.0001)) = 1.788 MB/s
  expect(goodput(1e9, 1e8, 1e-4) / 1.788e6).toBeCloseTo(1, 3);
});
