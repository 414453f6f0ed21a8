// Compares godwit's QEMU 7.2 policy with measured migrations of real QEMU guests, and writes the table
// docs/qemu-runs.md. Needs the reference data: node scripts/compare-with-qemu.mjs FOLDER

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { simulate } from "../dist/node.js";

const TABLE = new URL("../docs/qemu-runs.md", import.meta.url);
const PAGES_PER_MIB = 256;
/** Pages of a q35 machine beside its RAM: ROMs and ACPI tables. */
const ROM_PAGES = 130;
/** Non-zero pages of the idle Linux guest: 18 200 to 20 500, from boot to boot. */
const LINUX_PAGES = 19_350;
const PATTERNS = { u: "uniform", s: "sequential", h: "hot-set" };

/** Cases that need nothing but the policy itself: plain pre-copy and stop-and-copy. */
export function plainCases(folder) {
  return readdirSync(folder)
    .filter((name) => /^q\d+\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")))
    .filter((run) => !run.case.caps?.length);
}

/** The scenario of a measured case. */
export function scenarioOf(c) {
  const pages = c.mem_mib * PAGES_PER_MIB + ROM_PAGES;
  const filled = (c.wss_mib + c.fill_mib) * PAGES_PER_MIB + LINUX_PAGES;
  const pushing = { downtimeLimit: `${c.downtime_ms}ms`, giveUpAfter: `${c.give_up_s ?? 600}s` };
  return {
    strategy: c.stop_first ? "stop-and-copy" : "pre-copy",
    policy: "qemu-7.2",
    memory: `${pages * 4}KiB`,
    zero: 1 - filled / pages,
    workload: `${PATTERNS[c.pattern]}:wss=${c.wss_mib}MiB,rate=${c.rate}/s`,
    // Loopback on the measuring host was never the limit; the cap was.
    bandwidth: "10Gbit/s",
    maxBandwidth: `${c.bw_MBps}MB/s`,
    // Device state and its description as QEMU sends them for a small PC.
    cpuState: "8KiB",
    device: "platform:112KiB",
    network: "none",
    ...(c.stop_first ? {} : pushing),
  };
}

/** Total time in ms by QEMU's own account; where a poll caught it before it was written, by its events. */
export function measuredTotalMs(run) {
  return run.query_migrate["total-time"] ?? Math.round(run.source_events.at(-1)[2] * 1000);
}

/** Predicted and measured, case by case. */
export async function compareWithQemu(folder) {
  const rows = [];
  for (const { case: c, runs } of plainCases(folder)) {
    const { report } = await simulate(scenarioOf(c));
    const measured = runs.map(measuredTotalMs);
    const mean = measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
    rows.push({
      name: c.name,
      case: `${PATTERNS[c.pattern]} ${c.wss_mib} MiB, ${c.rate}/s, ${c.bw_MBps} MB/s, ${c.downtime_ms} ms${c.stop_first ? ", stopped" : ""}`,
      measured,
      predicted: Math.round(report.totalMigrationTimeMs),
      error: report.totalMigrationTimeMs / mean - 1,
    });
  }
  return rows;
}

function tableOf(rows) {
  const lines = rows.map(({ name, case: c, measured, predicted, error }) => {
    return `| ${name} | ${c} | ${measured.join(", ")} | ${predicted} | ${(error * 100).toFixed(1)} % |`;
  });
  const errors = rows.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  const median = errors[Math.floor(errors.length / 2)];
  return `# QEMU measured, godwit predicted

Real migrations of QEMU 7.2.22 guests (Debian 12, TCG, Linux 6.1 with a program that dirties pages), two
repetitions each, against one simulation under the policy \`qemu-7.2\` with seed 1: total migration time in
ms. The scenario has the case's own settings and one number for all cases that is not from the case: how many
pages an idle Linux guest fills (${LINUX_PAGES}). The guest's background writes are left out. A case near its
threshold is a matter of chance (the two repetitions differ too); the distribution is predicted in [predictions.md](predictions.md).

Made by \`node scripts/compare-with-qemu.mjs FOLDER\`.

| run | workload, rate, cap, downtime limit | measured | predicted | error of the mean |
|---|---|---|---|---|
${lines.join("\n")}

Median absolute error ${(median * 100).toFixed(1)} %, largest ${((errors.at(-1) ?? 0) * 100).toFixed(1)} %.
`;
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split("/").at(-1))) {
  const folder = process.argv[2];
  if (!folder) {
    console.error("usage: node scripts/compare-with-qemu.mjs FOLDER-OF-QEMU-RUNS");
    process.exit(1);
  }
  const table = tableOf(await compareWithQemu(folder));
  writeFileSync(TABLE, table);
  console.log(table);
}
