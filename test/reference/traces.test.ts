import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTraceFolder } from "../../src/files/contents-files.js";
import type { MigrateOptions } from "../../src/migration/options.js";
import { expectInvariants, expectMoved } from "../invariants.js";
import { referenceData } from "../reference-data.js";
import { play, STRATEGIES } from "../scenes.js";

const VARIANTS: Readonly<Record<string, MigrateOptions>> = {
  plain: {},
  "deltas, cold first, skipping": {
    xbzrleCacheBytes: 2 ** 22,
    order: "cold-first",
    skipDirty: true,
    downtimeLimitMs: 20,
  },
  "QEMU's policy": { policy: "qemu-7.2", xbzrleCacheBytes: 2 ** 26 },
};

describe.skipIf(referenceData === null).each(["redis", "pipeline"])("a Linux guest: %s", (name) => {
  test.each(STRATEGIES)("moves under %s, every page verified", async (strategy) => {
    const contents = await readTraceFolder(join(referenceData ?? "", "traces", name));
    for (const [variant, options] of Object.entries(VARIANTS)) {
      const { report, machine } = await play(strategy, {
        contents,
        workload: [{ kind: "trace", folder: name }],
        link: { bandwidth: [{ atNs: 0, rate: 2.5e7 }] },
        options,
      });
      expectInvariants(report, machine);
      expectMoved(report, contents.pageCount);
      expect(report.verified, variant).toBe(true);
    }
  });
});
