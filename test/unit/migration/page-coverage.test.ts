import { describe, expect, test } from "vitest";
import { migrate } from "../../../src/migration/migrate.js";
import type { MigrateOptions } from "../../../src/migration/options.js";
import type { StrategyName } from "../../../src/migration/report.js";
import { strategies } from "../../../src/migration/strategies.js";
import { STRATEGIES, stage } from "../../scenes.js";

const PAGES = 4096;

/** How often each page of a guest crossed the link, read off the records themselves. */
async function crossings(strategy: StrategyName, options: MigrateOptions): Promise<Uint32Array> {
  const { machine, link } = stage({
    pages: PAGES,
    contents: "bytes",
    workload: [{ kind: "hot-set", wssPages: 1024, rate: 50_000, hot: 0.1, share: 0.9 }],
    link: { bandwidth: [{ atNs: 0, rate: 2.5e7 }] },
  });
  const counts = new Uint32Array(PAGES);
  const take = machine.memory.take.bind(machine.memory);
  machine.memory.take = (request) => {
    const batch = take(request);
    for (const page of batch.records?.pages ?? []) counts[page] = (counts[page] ?? 0) + 1;
    return batch;
  };
  const report = await migrate(strategies[strategy], machine, link, options, null);
  expect(report).toMatchObject({ outcome: "completed", verified: true });
  return counts;
}

describe.each(STRATEGIES)("%s", (strategy) => {
  const isPushed = strategy === "pre-copy" || strategy === "hybrid";
  const variants: MigrateOptions[] = isPushed
    ? [
        { maxRounds: 4 },
        { maxRounds: 4, skipDirty: true, order: "cold-first" },
        { maxRounds: 4, policy: "qemu-7.2", maxBandwidth: 1e7 },
      ]
    : [{ prepaging: "bubble" }, { prepaging: "forward" }, { prepaging: "none" }];

  test.each(variants)("every page crosses, %j", async (options) => {
    const counts = await crossings(strategy, options);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    // Nothing is written while everything crosses, or each page follows once.
    if (!isPushed) expect(Math.max(...counts)).toBe(1);
  });
});
