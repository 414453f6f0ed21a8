// Holds predictions against polled migrations of others' guests, of which nothing is known but what the first
// pass of each told: `npm run validate -- FOLDER` with a FOLDER that holds
//
//   runs.csv     one line a run (RUN_COLUMNS)
//   samples.csv  the answers of query-migrate (SAMPLE_COLUMNS)
//
// with QEMU's default parameters. The configuration's name says which strategy was taken ("Precopy", "Stop_Copy",
// "Autoconverge", "Postcopy"), after how many seconds post-copy was asked for ("_25s") and which load the guest
// was under ("_16T": threads).

import { join } from "node:path";
import { guestOfFirstPass, passSample, predict, resolvePrediction } from "../dist/node.js";
import { readTable } from "./csv.mjs";

const PAGE = 4096;
/** QEMU's default cap, bytes per second. */
const CAP = 134_217_728;
/**
 * Source and target on one host that is no virtual machine itself: what two processes hand over, and what the
 * target's kernel takes for putting a page into place; set on the post-copy phases and the downtimes of the five
 * configurations of the first series. A benchmark whose threads wait for their answers writes as much less
 * as a throttle lets its guest run less.
 */
const SAME_HOST = {
  linkBandwidth: 2.6e9,
  copyBandwidth: 2.6e9,
  placePageMs: 0.0016,
  catchUpMs: null,
};
/** "At once" is asked for by a program that first sees the migration run: two looks 200 ms apart. */
const AT_ONCE = "200ms";

const RUN_COLUMNS =
  "config run status total_time_ms downtime_ms ram_total_bytes transferred_bytes median_dirty_pages_rate";
const SAMPLE_COLUMNS =
  "config run status total_time_ms remaining_bytes normal_pages duplicate_pages dirty_sync_count cpu_throttle_pct";

/** What a configuration's name says; `kind` is null where that is not understood. */
export function settingsOf(config) {
  const seconds = /(?:^|_)(\d+)s(?:_|$)/i.exec(config)?.[1];
  const load = /(?:^|_)(\d+)T(?:_|$)/i.exec(config)?.[1] ?? null;
  const named = (kind, input) => ({ kind, load, input });
  // These change how pages are sent, of which a first pass tells nothing.
  if (/xbzrle|multifd|compress/i.test(config)) return named(null, {});
  if (/post_?copy|hybrid/i.test(config)) {
    const postCopyAfter = seconds === undefined ? AT_ONCE : `${seconds}s`;
    return named(seconds === undefined ? "post-copy" : "hybrid", { postCopyAfter });
  }
  if (/stop/i.test(config)) return named("stopped", { stopFirst: true });
  if (/auto_?converge/i.test(config)) return named("auto-converge", { autoConverge: true });
  return /pre_?copy/i.test(config) ? named("pre-copy", {}) : named(null, {});
}

/** Every run with the guest that its own first pass tells of; null where that was cut short. */
function runsOf(folder) {
  const samples = grouped(
    readTable(join(folder, "samples.csv"), SAMPLE_COLUMNS),
    ({ config, run }) => `${config}/${run}`,
  );
  return readTable(join(folder, "runs.csv"), RUN_COLUMNS).map((run) => {
    const settings = settingsOf(run.config);
    const polled = samples.get(`${run.config}/${run.run}`) ?? [];
    const total = Number(run.ram_total_bytes);
    const passes = polled.flatMap((sample) => passSampleOf(sample, total) ?? []);
    const isStopped = settings.kind === "stopped";
    return { run, settings, guest: guestOfFirstPass(passes, { isStopped }) };
  });
}

function passSampleOf(sample, total) {
  const ram = {
    total,
    remaining: Number(sample.remaining_bytes),
    normal: Number(sample.normal_pages),
    duplicate: Number(sample.duplicate_pages),
    "dirty-sync-count": Number(sample.dirty_sync_count),
  };
  const elapsed = Number(sample.total_time_ms);
  return passSample(
    {
      ...{ status: sample.status, "total-time": elapsed, ram },
      "cpu-throttle-percentage": Number(sample.cpu_throttle_pct),
    },
    elapsed,
  );
}

/** The guest that a run is predicted with: its own first pass, or the middle one of others like it. */
function guestFor(one, all) {
  if (one.guest !== null) return { guest: one.guest, from: "its own" };
  const middle = (runs) => {
    const known = runs.filter(({ guest }) => guest !== null);
    known.sort((a, b) => a.guest.nonzeroPages[0].from - b.guest.nonzeroPages[0].from);
    return known[Math.floor((known.length - 1) / 2)];
  };
  const { config } = one.run;
  const same = middle(all.filter(({ run }) => run.config === config));
  if (same !== undefined) return { guest: same.guest, from: "another run's" };
  const { load } = one.settings;
  const alike = middle(all.filter(({ settings }) => load !== null && settings.load === load));
  return alike === undefined ? null : { guest: alike.guest, from: `${alike.run.config}'s` };
}

/** One run's prediction, from what a first pass tells and how QEMU is set up. */
function predictionOf({ settings }, guest, options) {
  const asked = resolvePrediction({
    ...{ workload: "idle", memory: "4KiB", profile: "qemu-10", ...settings.input },
  });
  const hosts = { ...asked.options.hosts, ...SAME_HOST };
  return predict(guest, asked.settings, { ...asked.options, hosts, ...options });
}

/** CloudSim: the VM's RAM over half of the network's bandwidth. */
export function cloudSimMs(ramBytes) {
  return (ramBytes / (CAP / 2)) * 1000;
}

/** SimGrid: rounds over all of RAM until what is left takes 0.03 s; Infinity where they do not shrink. */
export function simGridMs(ramBytes, dirtyBytesPerSecond) {
  const ratio = dirtyBytesPerSecond / CAP;
  if (ratio >= 1) return Number.POSITIVE_INFINITY;
  let seconds = 0;
  for (let left = ramBytes / CAP; ; left *= ratio) {
    seconds += left;
    if (left < 0.03) return seconds * 1000;
  }
}

/** Predicted and measured, configuration by configuration, in the order of the file. */
export function validateFirstPasses(folder, runs = 400) {
  const all = runsOf(folder);
  const byConfig = grouped(all, ({ run }) => run.config);
  return [...byConfig].map(([config, list]) => rowOf(config, list, all, runs));
}

function rowOf(config, list, all, runs) {
  const ended = list.filter(({ run }) => run.status === "completed");
  const ofEnded = (name) => median(ended.map(({ run }) => Number(run[name])));
  const ofAll = (name) => median(list.map(({ run }) => Number(run[name])));
  // Whoever gave up is known to have waited so long.
  const deadlineMs = ended.length < list.length ? ofAll("total_time_ms") || null : null;
  const predicted = list.flatMap((one, index) => {
    const known = one.settings.kind === null ? null : guestFor(one, all);
    if (known === null) return [];
    const options = { runs, seed: index + 1, deadlineMs };
    return [{ from: known.from, ...predictionOf(one, known.guest, options) }];
  });
  const told = (name) =>
    median(predicted.flatMap((one) => (one[name] === null ? [] : [one[name].p50])));
  const measured = {
    totalMs: ofEnded("total_time_ms"),
    bytes: ofEnded("transferred_bytes"),
    downtimeMs: ofEnded("downtime_ms"),
  };
  const answer = {
    totalMs: told("totalMs"),
    bytes: told("bytes"),
    downtimeMs: told("downtimeMs"),
  };
  const { kind } = list[0].settings;
  const verdicts = [...new Set(predicted.map(({ verdict }) => verdict))];
  const ram = ofAll("ram_total_bytes");
  const dirtyRate = ofAll("median_dirty_pages_rate") || 0;
  return {
    ...{ config, kind, runs: list.length, ended: ended.length, measured, predicted: answer },
    from: [...new Set(predicted.map(({ from }) => from))].join(", "),
    isVerdictWrong:
      ended.length === list.length
        ? verdicts.includes("does-not-converge")
        : ended.length === 0 && verdicts.includes("converges"),
    verdicts,
    totalError: errorOf(answer.totalMs, measured.totalMs),
    bytesError: errorOf(answer.bytes, measured.bytes),
    // QEMU counts the downtime of a guest that was stopped before from its own stop on; it was down throughout.
    downtimeErrorMs:
      kind === "stopped" || answer.downtimeMs === null || measured.downtimeMs === null
        ? null
        : answer.downtimeMs - measured.downtimeMs,
    cloudSimError: errorOf(cloudSimMs(ram), measured.totalMs),
    simGridError: errorOf(simGridMs(ram, dirtyRate * PAGE), measured.totalMs),
  };
}

/** Lists of the values that have a key in common, in order of their first ones. */
function grouped(values, keyOf) {
  const groups = new Map();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

const errorOf = (predicted, measured) =>
  predicted === null || measured === null ? null : predicted / measured - 1;

/** The figures over all configurations. */
export function summariseFirstPasses(rows) {
  const sizes = (key, of = rows) =>
    of.flatMap((row) => (row[key] === null ? [] : [Math.abs(row[key])])).sort((a, b) => a - b);
  const throttled = rows.filter(({ kind }) => kind === "auto-converge");
  const others = rows.filter(({ kind }) => kind !== "auto-converge");
  const largest = (list) => list.at(-1) ?? null;
  return {
    configurations: rows.length,
    runs: rows.reduce((sum, row) => sum + row.runs, 0),
    medianTotalError: median(sizes("totalError")),
    medianBytesError: median(sizes("bytesError")),
    largestTotalError: largest(sizes("totalError", others)),
    largestBytesError: largest(sizes("bytesError", others)),
    largestThrottledError: largest(
      [...sizes("totalError", throttled), ...sizes("bytesError", throttled)].sort((a, b) => a - b),
    ),
    largestDowntimeErrorMs: largest(sizes("downtimeErrorMs")),
    wrongVerdicts: rows.filter(({ isVerdictWrong }) => isVerdictWrong).map(({ config }) => config),
  };
}

const inPercent = (share) =>
  share === null ? "" : Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : "never ends";
const rounded = (value, unit, digits = 0) =>
  value === null ? "-" : (value / unit).toFixed(digits);

/** The table as a document. */
export function documentOfFirstPasses(rows, figures) {
  const lines = rows.map((row) => {
    const { measured, predicted } = row;
    const cells = [
      row.config,
      row.ended === row.runs ? row.runs : `${row.runs}, ${row.runs - row.ended} gave up`,
      row.from || (row.kind === null ? "not understood" : "cut short"),
      rounded(measured.totalMs, 1),
      rounded(predicted.totalMs, 1),
      inPercent(row.totalError),
      rounded(measured.bytes, 1e6, 1),
      rounded(predicted.bytes, 1e6, 1),
      inPercent(row.bytesError),
      rounded(measured.downtimeMs, 1, 1),
      row.kind === "stopped" ? "throughout" : rounded(predicted.downtimeMs, 1, 1),
      row.verdicts.join(", "),
      inPercent(row.cloudSimError),
      inPercent(row.simGridError),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const { wrongVerdicts } = figures;
  return `# Real KVM guests, predicted from the first pass

${figures.runs} live migrations (${figures.configurations} configurations) of a guest with a database under load, with QEMU's default
parameters, and what \`predict()\` says of each when all it knows of the guest is what the first pass of that
migration told. Made by \`npm run validate -- FOLDER\` (FOLDER holds runs.csv and samples.csv).

| | |
|---|---|
| median error of total time, of bytes | ${inPercent(figures.medianTotalError)}, ${inPercent(figures.medianBytesError)} |
| largest error of total time, of bytes, without auto-converge | ${inPercent(figures.largestTotalError)}, ${inPercent(figures.largestBytesError)} |
| largest error with auto-converge | ${inPercent(figures.largestThrottledError)} |
| largest error of the downtime | ${rounded(figures.largestDowntimeErrorMs, 1, 1)} ms |
| wrong verdicts | ${wrongVerdicts.length === 0 ? "none" : wrongVerdicts.join(", ")} |

Medians over the runs of a configuration; total time and downtime in ms, bytes in 10^6.

| configuration | runs | first pass | total | predicted | error | bytes | predicted | error | downtime | predicted | verdict | CloudSim | SimGrid |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}

What a run's first pass tells (\`guestOfFirstPass\`): the pages that are not zero, from the counters of normal and
duplicate pages while dirty-sync-count is 1, and the pages dirtied within the pass, D(t1), from the counters
of the last such sample and the first one after it. Nothing later is read. Where the pass was cut short by
post-copy, so that no sync was seen, the middle one of the configuration's other runs stands in, or else of
another configuration under the same load; the column "first pass" says whose it is.

What is assumed: D(t) = D(t1) (t / t1)^(2/3) at shorter times. Our recorded guests have exponents of 0.4 to
0.6 below a second, the Zipf law of YCSB (constant 0.99, one to two million rows) has 0.7 to 0.9 between a tenth of
a second and 24 s, and 1 would be a guest that never returns to a page. A benchmark whose threads wait for
answers writes as much less as auto-converge lets it run less. The loop is that of QEMU 10, which looks at a
long pass every 5 s for auto-converge's sake. Post-copy "at once" is asked for when a program that looks every
200 ms has seen the migration run.

What was set on the first series of five configurations, and is the same for all others: one thread on one host
hands over 2.6 GB/s, which is what no cap holds (post-copy, the final burst); the target places a page in 1.6 us
and a page of zeros in 0.5 us; a stretch of pages that it has to forget takes 0.4 us of the downtime of a
switch to post-copy. The first pass of a capped migration tells nothing of these.

A guest that was stopped before is down throughout, which is what \`predict()\` says of it; QEMU's counter
begins at its own stop, so there the downtimes are not compared.

CloudSim's column is the error of its formula, RAM over half of the bandwidth. SimGrid's is that of its
rounds over all of RAM, told the dirty rate that QEMU reported in the median over the whole run; it knows
neither zero pages nor a throttle nor post-copy.
`;
}
