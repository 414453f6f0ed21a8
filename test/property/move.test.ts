import fc from "fast-check";
import { expect, test } from "vitest";
import { moveMachine } from "../../src/move/source.js";
import { receiveMachine } from "../../src/move/target.js";
import { memoryChannels } from "../../src/transport/memory-channel.js";
import { FrameStream } from "../../src/wire/frame.js";
import { CountingMachine, countingKind } from "../support/counting-machine.js";

const guests = fc
  .record({
    pageCount: fc.integer({ min: 1, max: 1200 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    writesPerSlice: fc.integer({ min: 0, max: 60 }),
    stateBytes: fc.integer({ min: 16, max: 300_000 }),
    slices: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ share, ...guest }) => ({
    ...guest,
    demand: "suspending" as const,
    workingSet: Math.max(1, Math.round(share * guest.pageCount)),
  }));

const ways = fc.record(
  {
    strategy: fc.constantFrom("cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"),
    verify: fc.constantFrom("sent", "memory", "none"),
    xbzrleCacheBytes: fc.constantFrom(0, 4096, 65_536, 2 ** 22),
    maxRounds: fc.integer({ min: 1, max: 5 }),
    skipDirty: fc.boolean(),
    order: fc.constantFrom("address", "cold-first"),
    prepaging: fc.constantFrom("bubble", "forward", "none"),
    windowBytes: fc.integer({ min: 1, max: 2 ** 20 }),
    maxBandwidth: fc.constantFrom(1e7, 1e8, 1e9),
    policy: fc.constantFrom("godwit", "qemu-7.2"),
  },
  { requiredKeys: ["strategy"] },
);

test("whatever moves in whatever way runs on at the target, every page as it was", async () => {
  await fc.assert(
    fc.asyncProperty(guests, ways, async ({ slices, ...guest }, options) => {
      const machine = new CountingMachine(guest);
      machine.runSlices(slices);
      await machine.resume();
      const { a, b } = memoryChannels();
      const kinds = [countingKind()];
      const receiving = receiveMachine(new FrameStream(b), {
        kinds,
        limits: { memoryBytes: 2 ** 30 },
      });
      const report = await moveMachine(machine, new FrameStream(a), options);
      const { machine: got, arrived } = await receiving;
      const there = got as CountingMachine;
      await arrived;

      expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
      expect(report.verified).toBe(options.verify === "none" ? null : true);
      expect([machine.isRunning, there.isRunning]).toEqual([false, true]);
      await there.pause();
      expect(there.count).toBeGreaterThanOrEqual(machine.count);
      expect(there.wrongPages()).toEqual([]);

      const { rounds, downtimeParts: parts, pagesSent } = report;
      expect(report.bytesSent).toBe(rounds.reduce((sum, round) => sum + round.bytesSent, 0));
      const sum = parts.pause + parts.finalPages + parts.state + parts.resume + parts.network;
      expect(sum).toBeCloseTo(report.downtimeMs, 6);
      const sent = pagesSent.zero + pagesSent.raw + pagesSent.delta;
      if (options.strategy === "post-copy") expect(sent).toBe(guest.pageCount);
      else expect(sent).toBeGreaterThanOrEqual(guest.pageCount);
    }),
    { numRuns: 60 },
  );
});
