// Holds godwit's predictions against measured migrations of real QEMU guests:
//
//   npm run validate -- FOLDER [--write FILE]
//
// FOLDER holds cases qNN.json (what they are is told in docs/predictions.md). A prediction is given what an
// operator knows before the migration: how the guest writes, how much it holds, QEMU's settings. It is told
// nothing that the measurement found out. A FOLDER with runs.csv and samples.csv instead holds migrations that
// were polled (see first-pass-runs.mjs).
//
//   npm run validate -- FOLDER [--traces FOLDER] [--write FILE]
//
// with results of SimGrid or CloudSim in FOLDER holds the profiles of their names against them (see
// simulator-results.mjs); it ends with exit code 2 where a goal is missed.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { predict, resolvePrediction } from "../dist/node.js";
import {
  documentOfFirstPasses,
  summariseFirstPasses,
  validateFirstPasses,
} from "./first-pass-runs.mjs";
import { documentOfSimulators, holdsSimulators, validateSimulators } from "./simulator-results.mjs";

const PATTERNS = { u: "uniform", s: "sequential", h: "hot-set" };
/** Pages of a q35 machine beside its RAM: ROMs and ACPI tables. */
const ROM_PAGES = 130;
/**
 * Pages that an idle Linux guest of 512 MiB fills, as the series' description has it from boot to boot: most
 * boots come to one of two counts. Every further MiB of RAM takes 4 more, for its pages' descriptions.
 */
const LINUX_PAGES = [
  [17_850, 18_250],
  [18_250, 20_050],
  [20_050, 20_450],
];
/** What an idle Linux guest writes. */
const BACKGROUND = "uniform:wss=8MiB,rate=40/s";
/** The host that the cases were measured on: two shared cores, itself a virtual machine, no KVM. */
const HOSTS = {
  accelerator: "tcg",
  copyBandwidth: 1e9,
  freshPageMs: 0.0095,
  stallsPerSecond: 0.03,
  stallMs: 350,
  windowLatenessMs: 0.35,
};

/** A measured case as a question. */
export function questionOf(c) {
  const caps = new Set(c.caps ?? []);
  const params = c.params ?? {};
  const filled = (c.wss_mib + c.fill_mib) * 256 + (c.mem_mib - 512) * 4;
  const percent = (name) => (params[name] === undefined ? {} : `${params[name]}%`);
  const throttle = {
    throttleInitial: percent("cpu-throttle-initial"),
    throttleIncrement: percent("cpu-throttle-increment"),
    throttleMax: percent("max-cpu-throttle"),
  };
  const given = Object.entries(throttle).filter(([, value]) => typeof value === "string");
  return resolvePrediction({
    profile: "qemu-7.2",
    memory: `${(c.mem_mib * 256 + ROM_PAGES) * 4}KiB`,
    nonzeroPages: LINUX_PAGES.map(([from, to]) => `${filled + from}..${filled + to}`).join(","),
    workload: `${PATTERNS[c.pattern]}:wss=${c.wss_mib}MiB,rate=${c.rate}/s`,
    background: BACKGROUND,
    bandwidth: `${c.bw_MBps}MB/s`,
    downtimeLimit: c.downtime_ms,
    stopFirst: c.stop_first ?? false,
    autoConverge: caps.has("auto-converge"),
    ...(caps.has("auto-converge") ? Object.fromEntries(given) : {}),
    ...(caps.has("xbzrle") ? { xbzrleCache: `${params["xbzrle-cache-size"] ?? 67_108_864}B` } : {}),
    ...(c.postcopy_after_s == null ? {} : { postCopyAfter: `${c.postcopy_after_s}s` }),
    ...(c.give_up_s ? { deadline: `${c.give_up_s}s` } : {}),
  });
}

/** Predicted and measured, case by case, in the order of their names. */
export function validate(folder, runs = 400) {
  return readdirSync(folder)
    .filter((name) => /^q\d+\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")))
    .map((one) => rowOf(one, runs));
}

function rowOf({ case: c, runs: measured }, runs) {
  const { guest, settings, options } = questionOf(c);
  const hosts = { ...options.hosts, ...HOSTS };
  const prediction = predict(guest, settings, { ...options, hosts, runs });
  const outcomes = measured.map(outcomeOf);
  const ended = outcomes.filter(({ completed }) => completed);
  const mean = (pick) => ended.reduce((sum, one) => sum + pick(one), 0) / ended.length;
  const didConverge = ended.length === outcomes.length;
  const wrong = didConverge ? "does-not-converge" : "converges";
  return {
    name: c.name,
    text: textOf(c),
    outcomes,
    prediction,
    totalError:
      ended.length > 0 ? prediction.totalMs.p50 / mean(({ totalMs }) => totalMs) - 1 : null,
    bytesError: ended.length > 0 ? prediction.bytes.p50 / mean(({ bytes }) => bytes) - 1 : null,
    verdictHolds: prediction.verdict !== wrong,
  };
}

/** What came of one run. Where a poll caught QEMU before it wrote its total time, the events tell. */
function outcomeOf({ query_migrate: final, source_events: events }) {
  return {
    completed: final.status === "completed",
    totalMs: final["total-time"] ?? Math.round(events.at(-1)[2] * 1000),
    bytes: final.ram?.transferred ?? null,
  };
}

function textOf(c) {
  const extra = [
    ...(c.stop_first ? ["stopped"] : []),
    ...(c.caps ?? []),
    ...(c.postcopy_after_s == null ? [] : [`after ${c.postcopy_after_s} s`]),
  ];
  return [
    `${PATTERNS[c.pattern]} ${c.wss_mib} MiB, ${c.rate}/s`,
    `${c.bw_MBps} MB/s`,
    `${c.downtime_ms} ms`,
    ...extra,
  ].join(", ");
}

/** The figures over all cases. */
export function summarise(rows) {
  const sizes = (key) =>
    rows.flatMap((row) => (row[key] === null ? [] : [Math.abs(row[key])])).sort((a, b) => a - b);
  const totals = sizes("totalError");
  const bytes = sizes("bytesError");
  const median = (list) => list[Math.floor((list.length - 1) / 2)];
  const ended = rows.flatMap(({ outcomes, prediction }) =>
    outcomes.filter(({ completed }) => completed).map((outcome) => ({ outcome, prediction })),
  );
  const isWithin = (value, { p5, p95 }) => value >= p5 && value <= p95;
  const share = (test) => ended.filter(test).length / ended.length;
  return {
    cases: rows.length,
    runs: rows.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
    medianTotalError: median(totals),
    largestTotalError: totals.at(-1),
    within10Percent: totals.filter((error) => error <= 0.1).length / totals.length,
    medianBytesError: median(bytes),
    totalWithin5To95: share(({ outcome, prediction: { totalMs } }) =>
      isWithin(outcome.totalMs, totalMs),
    ),
    bytesWithin5To95: share(({ outcome, prediction: { bytes: b } }) => isWithin(outcome.bytes, b)),
    wrongVerdicts: rows.filter(({ verdictHolds }) => !verdictHolds).map(({ name }) => name),
    uncertain: rows.filter(({ prediction }) => prediction.verdict === "uncertain").length,
  };
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** The table as a document. */
export function documentOf(rows, figures) {
  const lines = rows.map(({ name, text, outcomes, prediction, totalError, bytesError }) => {
    const { totalMs, bytes, verdict } = prediction;
    const measured = outcomes.map((one) => (one.completed ? one.totalMs : "gave up")).join(", ");
    const quantiles = (q, unit) =>
      q === null
        ? "-"
        : `${[q.p5, q.p50, q.p95].map((x) => (x / unit).toFixed(unit > 1 ? 1 : 0)).join(" / ")}`;
    const sent = outcomes
      .map((one) => (one.bytes === null ? "-" : (one.bytes / 1e6).toFixed(1)))
      .join(", ");
    const error = (e) => (e === null ? "" : percent(e));
    return `| ${name} | ${text} | ${measured} | ${quantiles(totalMs, 1)} | ${error(totalError)} | ${sent} | ${quantiles(bytes, 1e6)} | ${error(bytesError)} | ${verdict} |`;
  });
  return `# QEMU's migrations, predicted and measured

${figures.runs} live migrations (${figures.cases} cases, each run twice) of QEMU 7.2.22 guests under TCG with Linux 6.1 and a program that
dirties pages, over loopback, on a host of two shared cores; and what \`godwit predict\` says of each case with
what an operator knows beforehand. Made by \`npm run validate -- FOLDER\` (400 runs a case, seed 1).

| | |
|---|---|
| median error of the median total time | ${percent(figures.medianTotalError)} |
| cases within 10 % | ${percent(figures.within10Percent)} (largest ${percent(figures.largestTotalError)}) |
| median error of the median bytes | ${percent(figures.medianBytesError)} |
| runs whose total time lies between the 5 % and 95 % quantiles | ${percent(figures.totalWithin5To95)} |
| runs whose bytes lie there | ${percent(figures.bytesWithin5To95)} |
| wrong verdicts | ${figures.wrongVerdicts.length === 0 ? "none" : figures.wrongVerdicts.join(", ")} (${figures.uncertain} uncertain) |

Total time in ms, bytes in 10^6; quantiles 5 / 50 / 95 %; errors against the mean of the two runs.

| case | guest and settings | measured | predicted | error | bytes | predicted | error | verdict |
|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}

What the prediction is given that is no setting of the case: an idle Linux guest of 512 MiB fills 17,850 to
20,450 pages and writes some 40 pages a second; the guest's program catches up with at most 50 ms after a
pause; the host is a virtual machine with two shared cores (it stalls now and then, first touches of memory
take 9.5 us, one thread moves 1 GB/s). These numbers were set on the ${figures.cases} cases of the first series; other
cases are predicted with the same ones.
`;
}

function casesText(folder) {
  const rows = validate(folder);
  if (rows.length === 0)
    throw new Error(`${folder} holds neither cases qNN.json nor other results`);
  return documentOf(rows, summarise(rows));
}

function polledText(folder) {
  const rows = validateFirstPasses(folder);
  return documentOfFirstPasses(rows, summariseFirstPasses(rows));
}

/** A folder's document, by what lies in it, and whether every goal was met. */
async function judged(folder, traces) {
  if (existsSync(join(folder, "runs.csv"))) return { text: polledText(folder), missed: [] };
  if (!holdsSimulators(folder)) return { text: casesText(folder), missed: [] };
  const results = await validateSimulators(folder, traces);
  return { text: documentOfSimulators(results, whereAndWhen()), missed: results.missed };
}

function whereAndWhen() {
  const processors = cpus();
  const machine = `${processors.length} x ${processors[0]?.model ?? "unknown CPU"}`;
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.version}`;
}

async function main() {
  const usage = "usage: npm run validate -- FOLDER [--traces FOLDER] [--write FILE]";
  const refuse = (message) => {
    console.error(message);
    process.exit(1);
  };
  let given;
  try {
    const options = { write: { type: "string" }, traces: { type: "string" } };
    given = parseArgs({ allowPositionals: true, options });
  } catch (error) {
    refuse(`${error.message}\n${usage}`);
  }
  const [folder] = given.positionals;
  if (given.positionals.length !== 1) refuse(usage);
  let judgement;
  try {
    judgement = await judged(folder, given.values.traces);
    if (given.values.write) writeFileSync(given.values.write, judgement.text);
  } catch (error) {
    refuse(`validate: ${error.message}`);
  }
  console.log(judgement.text);
  console.log(whereAndWhen());
  if (judgement.missed.length === 0) return;
  console.error(`goals missed:\n${judgement.missed.map((one) => `  ${one}`).join("\n")}`);
  process.exitCode = 2;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main();
}
