import { describe, expect, test } from "vitest";
import { parseWorkload, placeWorkload } from "../../../src/scenario/workload-spec.js";
import type { WorkloadSpec } from "../../../src/workload/spec.js";

const NO_PHASES = {
  option: "workload",
  readPhases: (): unknown => [],
  locate: (path: string): string => path,
};

function parse(text: string, phases: unknown = []): WorkloadSpec[] {
  return parseWorkload(text, { ...NO_PHASES, readPhases: () => phases });
}

describe("accepted", () => {
  test.each<[string, WorkloadSpec[]]>([
    ["idle", []],
    ["uniform:wss=128MiB,rate=9000/s", [{ kind: "uniform", wssPages: 32_768, rate: 9000 }]],
    ["sequential:rate=5M/s,wss=1B", [{ kind: "sequential", wssPages: 1, rate: 5e6 }]],
    ["uniform:wss=1MiB,rate=1/s,at=4KiB", [{ kind: "uniform", wssPages: 256, rate: 1, at: 1 }]],
    [
      "hot-set:wss=1MiB,rate=1/s",
      [{ kind: "hot-set", wssPages: 256, rate: 1, hot: 0.1, share: 0.9 }],
    ],
    [
      "hot-set:wss=1MiB,rate=1/s,hot=0.2",
      [{ kind: "hot-set", wssPages: 256, rate: 1, hot: 0.2, share: 0.9 }],
    ],
    [
      "hot-set:wss=1MiB,rate=1/s,hot=5%,share=95%",
      [{ kind: "hot-set", wssPages: 256, rate: 1, hot: 0.05, share: 0.95 }],
    ],
    ["hot-set:wss=1MiB,rate=1/s,skew=1.1", [{ kind: "zipf", wssPages: 256, rate: 1, skew: 1.1 }]],
    ["trace:some/dir+ectory", [{ kind: "trace", folder: "some/dir+ectory" }]],
    ["trace:C:\\traces", [{ kind: "trace", folder: "C:\\traces" }]],
    [
      "trace:a+uniform:wss=4KiB,rate=1/s",
      [
        { kind: "trace", folder: "a" },
        { kind: "uniform", wssPages: 1, rate: 1 },
      ],
    ],
  ])("%s", (text, specs) => {
    expect(parse(text)).toEqual(specs);
  });

  test("a phases file", () => {
    const phases = [
      { duration: "10s", workload: "uniform:wss=4KiB,rate=1/s" },
      { duration: "500ms", workload: "idle" },
    ];
    expect(parse("phases:day.json", phases)).toEqual([
      {
        kind: "phases",
        phases: [
          { durationNs: 1e10, components: [{ kind: "uniform", wssPages: 1, rate: 1 }] },
          { durationNs: 5e8, components: [] },
        ],
      },
    ]);
  });
});

describe("refused", () => {
  test.each([
    ["", /expected uniform:/],
    ["bogus", /got "bogus", expected uniform:/],
    ["bogus:wss=1MiB", /expected uniform:/],
    ["uniform", /wss is missing/],
    ["uniform:", /wss is missing/],
    ["uniform:wss=1MiB", /rate is missing/],
    ["uniform:rate=1/s", /wss is missing/],
    ["uniform:wss=1MiB,rate=1/s,wss=2MiB", /wss is there twice/],
    ["uniform:wss=1MiB,rate=1/s,", /a part is empty/],
    ["uniform:wss=1MiB,rate=1/s,hot=10%", /"hot" is unknown/],
    ["uniform:wss=1MiB,rate=1/s,colour=red", /"colour" is unknown/],
    ["uniform:wss=1MiB,rate", /rate needs a value/],
    ["uniform:wss=1MiB,rate=", /rate needs a value/],
    ["uniform:wss=1,rate=1/s", /workload \(wss\): got "1", .*the unit is missing/],
    ["uniform:wss=1MiB,rate=9000", /workload \(rate\): got "9000", .*the unit is missing/],
    ["uniform:wss=1MiB,rate=0/s", /more than 0\/s/],
    ["uniform:wss=0B,rate=1/s", /at least one byte/],
    ["uniform:wss=1MiB,rate=1/s,at=100B", /workload \(at\): .*multiple of 4096/],
    ["hot-set:wss=1MiB,rate=1/s,hot=0%", /above 0/],
    ["hot-set:wss=1MiB,rate=1/s,hot=20", /workload \(hot\)/],
    ["hot-set:wss=1MiB,rate=1/s,hot=10%,skew=1", /not both/],
    ["hot-set:wss=1MiB,rate=1/s,share=10%,skew=1", /not both/],
    ["hot-set:wss=1MiB,rate=1/s,skew=0", /more than 0/],
    ["hot-set:wss=1MiB,rate=1/s,skew=10.5", /from 0 to 10/],
    ["hot-set:wss=1MiB,rate=1/s,skew=-1", /from 0 to 10/],
    ["uniform:wss=1MiB,rate=1/s+uniform:", /wss is missing/],
    ["phases:", /a path after the colon/],
    ["trace:", /a path after the colon/],
  ])("%s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test.each([
    [[], /0 phases/],
    [{}, /JSON array/],
    [null, /JSON array/],
    [["10s"], /"duration": "10s"/],
    [[null], /and nothing else/],
    [[{ duration: "10s" }], /and nothing else/],
    [[{ duration: 10, workload: "idle" }], /phase 1 \(duration\): got 10, .*the unit is missing/],
    [[{ duration: "0s", workload: "idle" }], /above 0/],
    [[{ duration: "1s", workload: "idle", extra: 1 }], /and nothing else/],
    [[{ duration: "1s", workload: "trace:x" }], /no phases and no trace inside a phase/],
    [
      [{ duration: "1s", workload: "uniform:wss=1MiB,rate=1/s+phases:x" }],
      /no phases and no trace/,
    ],
    [
      [
        { duration: "1s", workload: "idle" },
        { duration: "1s", workload: "x" },
      ],
      /phase 2/,
    ],
    [Array.from({ length: 10_001 }, () => ({ duration: "1s", workload: "idle" })), /10001 phases/],
  ])("phases file %#", (phases, message) => {
    expect(() => parse("phases:day.json", phases)).toThrow(message);
  });
});

describe("placed", () => {
  const place = (text: string, pages: number, phases?: unknown) =>
    placeWorkload("workload", parse(text, phases), pages);

  test("one after the other, unless one says where", () => {
    const placed = place(
      "uniform:wss=4KiB,rate=1/s+uniform:wss=8KiB,rate=1/s,at=40KiB+uniform:wss=4KiB,rate=1/s",
      100,
    );
    expect(placed.map((spec) => "at" in spec && spec.at)).toEqual([0, 10, 12]);
  });

  test("the phases of a file share a place, and what follows comes after the largest", () => {
    const phases = ["8KiB", "4KiB"].map((wss) => ({
      duration: "1s",
      workload: `uniform:wss=${wss},rate=1/s`,
    }));
    const placed = place("uniform:wss=4KiB,rate=1/s+phases:x+uniform:wss=4KiB,rate=1/s", 4, phases);
    const inside =
      placed[1]?.kind === "phases" ? placed[1].phases.map(({ components }) => components[0]) : [];
    expect(inside).toMatchObject([{ at: 1 }, { at: 1 }]);
    expect(placed[2]).toMatchObject({ at: 3 });
  });

  test("what does not fit is refused", () => {
    expect(() => place("uniform:wss=2MiB,rate=1/s", 256)).toThrow(
      /2 MiB at 0 B.*guest's memory of 1 MiB/,
    );
    expect(() => place("uniform:wss=4KiB,rate=1/s,at=1MiB", 256)).toThrow(/fit/);
    expect(() => place("uniform:wss=1MiB,rate=1/s+uniform:wss=4KiB,rate=1/s", 256)).toThrow(/fit/);
  });
});
