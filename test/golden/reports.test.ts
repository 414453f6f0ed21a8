import { describe, expect, test } from "vitest";
import { simulate } from "../../src/browser.js";
import { reportToJson } from "../../src/report/json.js";
import type { ScenarioInput } from "../../src/scenario/input.js";

/**
 * Whole reports, byte for byte, the same in Node and in Chromium. A change of a golden file is a change of
 * what godwit computes: accept it on purpose only.
 */
const SCENARIOS: Readonly<Record<string, ScenarioInput>> = {
  "cold-off": { strategy: "cold", power: "off", memory: "8MiB", disk: "local:64MiB" },
  "stop-and-copy-generated": {
    strategy: "stop-and-copy",
    memory: "8MiB",
    contents: "generated",
    zero: "40%",
    compressible: "20%",
  },
  "pre-copy-zipf": {
    memory: "4GiB",
    zero: "30%",
    workload: "hot-set:wss=2GiB,rate=200k/s,skew=1.1",
    disk: "local:1GiB,write-rate=20MB/s",
    network: "announce,packets=1000/s",
    loss: "0.5%",
    rtt: "1ms",
  },
  "pre-copy-generated-xbzrle": {
    memory: "32MiB",
    contents: "generated",
    zero: "25%",
    workload: "uniform:wss=8MiB,rate=4000/s+sequential:wss=4MiB,rate=2000/s",
    bandwidth: "200Mbit/s",
    xbzrle: true,
    maxRounds: 6,
  },
  "pre-copy-qemu-auto-converge": {
    policy: "qemu-7.2",
    memory: "512MiB",
    workload: "uniform:wss=96MiB,rate=14000/s",
    maxBandwidth: "35MB/s",
    downtimeLimit: "200ms",
    autoConverge: true,
  },
  "pre-copy-not-converged": {
    memory: "1GiB",
    workload: "uniform:wss=512MiB,rate=1M/s",
    bandwidth: "1Gbit/s",
  },
  "post-copy-generated": {
    strategy: "post-copy",
    memory: "32MiB",
    contents: "generated",
    workload: "hot-set:wss=8MiB,rate=20000/s",
    bandwidth: "400Mbit/s",
  },
  "hybrid-wan": {
    strategy: "hybrid",
    link: "wan",
    memory: "1GiB",
    workload: "hot-set:wss=256MiB,rate=60k/s,hot=10%,share=90%",
    network: "tunnel,packets=500/s",
    sla: "downtime=0.5/s,degraded=0.01/s,free=100ms",
  },
};

describe("reports", () => {
  test.each(Object.entries(SCENARIOS))("%s", async (name, input) => {
    const { report } = await simulate({ seed: 7, ...input });
    expect(report.verified).toBe(input.contents === "generated" ? true : null);
    await expect(`${reportToJson(report)}\n`).toMatchFileSnapshot(`./${name}.json`);
  });
});
