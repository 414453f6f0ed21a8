import { describe, expect, test } from "vitest";
import type { PassSample } from "../../../src/observe/passes.js";
import { guestOfFirstPass } from "../../../src/predict/first-pass.js";
import { resolvePrediction } from "../../../src/predict/input.js";
import { predict } from "../../../src/predict/prediction.js";

const TOTAL = 100_000;
/** Every second page is zero; 5000 pages are sent between two samples, the pass takes 4 s. */
const DIRTIED = 12_000;

function sample(atMs: number, values: Partial<PassSample>): PassSample {
  const base = { atMs, elapsedMs: atMs, totalPages: TOTAL, throttle: 0, pass: 1 };
  const sentPages = values.sentPages ?? 0;
  const rest = { sentPages, zeroPages: sentPages / 2, remainingPages: TOTAL - sentPages };
  return { ...base, ...rest, ...values };
}

const FIRST = Array.from({ length: 19 }, (_, index) =>
  sample(200 * (index + 1), { sentPages: 5000 * (index + 1) }),
);
/** Half of the next interval belongs to the second pass; the sync left what was dirtied less what it sent. */
const SECOND = sample(4000, {
  ...{ pass: 2, sentPages: TOTAL, remainingPages: DIRTIED, zeroPages: TOTAL / 2 },
});

describe("what the first pass of a migration tells of a guest", () => {
  test("is what is not zero and one point of D(t), below which a heavy tail is taken", () => {
    const guest = guestOfFirstPass([...FIRST, SECOND]);
    expect(guest?.totalPages).toBe(TOTAL);
    const [range] = guest?.nonzeroPages ?? [];
    const middle = ((range?.from ?? 0) + (range?.to ?? 0)) / 2;
    expect(middle / (TOTAL / 2)).toBeCloseTo(1, 1);
    const [written] = guest?.classes ?? [];
    // The pass ended between the samples at 3.8 and 4 s.
    const whole = written?.distinct(3900) ?? 0;
    expect(whole / DIRTIED).toBeCloseTo(1, 1);
    expect((written?.distinct(3900 / 8) ?? 0) / whole).toBeCloseTo(1 / 4, 3);
  });

  test("is nothing that comes later", () => {
    const later = sample(5000, { pass: 3, sentPages: TOTAL + 9000, remainingPages: 50_000 });
    const distinct = (samples: PassSample[]): number | undefined =>
      guestOfFirstPass(samples)?.classes[0]?.distinct(3000);
    expect(distinct([...FIRST, SECOND, later])).toBe(distinct([...FIRST, SECOND]));
  });

  test("counts passes that nobody saw to the first one", () => {
    const skipped = guestOfFirstPass([...FIRST, { ...SECOND, pass: 4 }]);
    expect(skipped?.classes[0]?.distinct(3900)).toBe(
      guestOfFirstPass([...FIRST, SECOND])?.classes[0]?.distinct(3900),
    );
  });

  test("is not enough where the pass was cut short", () => {
    expect(guestOfFirstPass(FIRST)).toBeNull();
    expect(guestOfFirstPass([])).toBeNull();
    expect(guestOfFirstPass([], { isStopped: true })).toBeNull();
  });

  test("is the contents alone where the guest was stopped", () => {
    const guest = guestOfFirstPass(FIRST, { isStopped: true });
    expect(guest?.classes).toEqual([]);
    expect(guest?.nonzeroPages[0]?.from).toBeGreaterThan(0.45 * TOTAL);
    expect(guest?.nonzeroPages[0]?.to).toBeLessThan(0.55 * TOTAL);
  });

  test("gives a switchover to post-copy the longer, the more pages were sent and written again", () => {
    const downtime = (dirtied: number): number => {
      const guest = guestOfFirstPass([...FIRST, { ...SECOND, remainingPages: dirtied }]);
      // A limit this short keeps pre-copy from ending by itself.
      const { settings } = resolvePrediction({
        ...{ workload: "idle", memory: "4KiB", bandwidth: "60MB/s" },
        ...{ postCopyAfter: "4s", downtimeLimit: 1 },
      });
      if (guest === null) throw new Error("the first pass is whole");
      return predict(guest, settings, { runs: 50 }).downtimeMs?.p50 ?? 0;
    };
    expect(downtime(20_000)).toBeGreaterThan(downtime(500) + 2);
  });
});
