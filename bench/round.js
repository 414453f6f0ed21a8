import { DirtyBitmap } from "../dist/kernel/dirty-bitmap.js";
import { createKernel } from "../dist/kernel/load.js";
import { RoundScheduler } from "../dist/kernel/round-scheduler.js";
import { Workload } from "../dist/workload/workload.js";
import { Random } from "../dist/world/random.js";
import { cpuMilliseconds } from "./cpu-clock.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { resultOf } from "./result.js";
import { rateText, ratioText, textTable, timeText } from "./text-table.js";

/** The implementations that are compared, godwit's own first. */
const BACKENDS = ["simd", "scalar", "reference"];
const TIB_PAGES = 2 ** 28;
/** Writes a second of the guest of 1 TiB; smaller guests write as much less. */
const TIB_RATE = 5_000_000;
const SECOND_NS = 1e9;
/** As long as a guest takes to cross 100 Gbit/s once, and as long as one of the last rounds. */
const FULL_COPY_NS = 88 * SECOND_NS;
const LAST_ROUND_NS = 0.05 * SECOND_NS;

const PATTERNS = [
  { name: "uniform, a full copy long", kind: "uniform", lengthNs: FULL_COPY_NS },
  { name: "uniform, 50 ms long", kind: "uniform", lengthNs: LAST_ROUND_NS },
  { name: "Zipf 0.99, a full copy long", kind: "zipf", lengthNs: FULL_COPY_NS },
  { name: "Zipf 0.99, 50 ms long", kind: "zipf", lengthNs: LAST_ROUND_NS },
];

/** Twins in TypeScript take minutes where memory is large. */
const GUESTS = [
  { name: "64 GiB", pages: 2 ** 24, backends: BACKENDS },
  { name: "1 TiB", pages: TIB_PAGES, backends: BACKENDS.filter((name) => name !== "reference") },
];
const SMALL_GUESTS = [{ name: "64 MiB", pages: 2 ** 14, backends: BACKENDS }];

/** The parts of a round in the order in which they happen. */
const STEPS = ["draw", "harvest", "take"];

/**
 * Rounds of a guest without bytes: drawing what it dirtied, taking the log in, choosing what goes next.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchRound({ small, onProgress }) {
  const results = [];
  for (const guest of small ? SMALL_GUESTS : GUESTS) {
    for (const pattern of PATTERNS) {
      onProgress(`${guest.name}, ${pattern.name}`);
      results.push(...(await benchOne(guest, pattern, effortOf(small))));
    }
  }
  return { results, absent: {}, text: textOf(results) };
}

async function benchOne({ name: memory, pages, backends }, pattern, effort) {
  const rounds = backends.map((backend) => createRound(backend, pages, pattern));
  const samples = await interleave(rounds, { ...effort, sampleMs: 0 });
  const comparison = { group: "round", pattern: `${memory}, ${pattern.name}` };
  const work = { count: pages, unit: "pages" };
  const steps = STEPS.map((step) => {
    // The rounds that only warmed up come first.
    const times = rounds.map(({ name, spent }) => {
      return [name, spent.get(step).slice(-samples.get(name).length)];
    });
    return resultOf({ ...comparison, name: `round: ${step}`, work }, new Map(times));
  });
  return [resultOf({ ...comparison, name: "round", work }, samples), ...steps];
}

/** A round leaves nothing pending, so that the next one begins as it did. */
function createRound(backend, pages, { kind, lengthNs }) {
  const kernel = createKernel(2 * DirtyBitmap.bytesFor(pages) + 2 ** 20, backend);
  const log = new DirtyBitmap(pages, kernel);
  const pending = new DirtyBitmap(pages, kernel);
  const scheduler = new RoundScheduler(pending);
  const rate = (TIB_RATE * pages) / TIB_PAGES;
  const workload = new Workload([{ kind, wssPages: pages, rate, skew: 0.99 }], {
    random: new Random(1),
    hasContents: false,
  });
  const request = {
    from: 0,
    to: pages,
    limit: Number.POSITIVE_INFINITY,
    zeroCost: 9,
    rawCost: 4104,
  };
  const spent = new Map(STEPS.map((step) => [step, []]));
  let now = 0;
  const steps = {
    draw: () => workload.advance({ log }, now, now + lengthNs),
    harvest: () => log.harvest(pending),
    take: () => scheduler.take(request),
  };
  return {
    name: backend === "reference" ? "typescript" : backend,
    spent,
    run() {
      for (const step of STEPS) {
        const start = cpuMilliseconds();
        steps[step]();
        spent.get(step).push(Math.max(cpuMilliseconds() - start, 0.001));
      }
      now += lengthNs;
    },
  };
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const whole = results.filter(({ name }) => name === "round");
  const rows = whole.map(({ pattern, medianMs, p10Ms, perSecond, unit, ratioTo }) => {
    const step = (name) =>
      results.find((one) => one.name === `round: ${name}` && one.pattern === pattern);
    return [
      pattern,
      timeText(medianMs),
      timeText(p10Ms),
      ...STEPS.map((name) => timeText(step(name)?.medianMs ?? 0)),
      rateText(perSecond, unit),
      ratioText(ratioTo.typescript),
      ratioText(ratioTo.scalar),
    ];
  });
  const head = ["guest and round", "median", "p10", ...STEPS, "rate", "to twin", "to scalar"];
  return textTable(head, rows, [0]);
}
