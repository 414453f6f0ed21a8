import { describe, expect, test } from "vitest";
import base from "../../fixtures/kv-store/base.ram.gz?inline";
import deltas from "../../fixtures/kv-store/deltas.bin.gz?inline";
import meta from "../../fixtures/kv-store/meta.json?raw";
import { contextWithoutFiles, readTrace, resolveScenario, runScenario } from "../../src/browser.js";
import { STRATEGIES } from "../scenes.js";

async function body(url: string): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status}`);
  return response.body;
}

describe("real memory in a browser", () => {
  test.each(STRATEGIES)("moves under %s and is verified", async (strategy) => {
    const trace = await readTrace({ meta, base: await body(base), deltas: await body(deltas) });
    const context = { ...contextWithoutFiles(), traceBytes: () => trace.base.length };
    const scenario = resolveScenario(
      { strategy, workload: "trace:kv-store", bandwidth: "100Mbit/s" },
      context,
    );
    const { report, map } = await runScenario(
      scenario,
      { map: true },
      {
        readTrace: () => Promise.resolve(trace),
        readImage: () => {
          throw new Error("the scenario names no image");
        },
      },
    );
    expect(report).toMatchObject({ outcome: "completed", verified: true });
    expect(map?.cells.length).toBeGreaterThan(100);
  });
});
