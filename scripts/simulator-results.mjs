// What `npm run validate` says of a folder with other simulators' results: any of simgrid_cases.csv (with
// simgrid_rounds.csv), contention_N*.csv and cloudsim_planetlab_reference.csv, each with any of its rows.

import { CLOUDSIM_GOALS, cloudSimRows, validateCloudSim } from "./cloudsim-runs.mjs";
import {
  SIMGRID_GOALS,
  simGridCases,
  simGridFleetFiles,
  validateSimGridCases,
  validateSimGridFleet,
} from "./simgrid-runs.mjs";

/** Whether a folder has any such results. */
export function holdsSimulators(folder) {
  return (
    simGridFleetFiles(folder).length > 0 ||
    simGridCases(folder).length > 0 ||
    cloudSimRows(folder).length > 0
  );
}

/** All comparisons, and the goals that were missed, in words. Times are told, but decide nothing. */
export async function validateSimulators(folder, traces) {
  const cases = validateSimGridCases(folder);
  const fleets = [];
  for (const name of simGridFleetFiles(folder)) {
    fleets.push(await validateSimGridFleet(folder, name));
  }
  const days = validateCloudSim(folder, traces);
  const missed = [
    ...cases.filter(({ isGood }) => !isGood).map(({ id }) => `SimGrid's case ${id}`),
    ...fleets.filter(({ isGood }) => !isGood).map(({ name }) => name),
    ...days
      .filter(({ isGood }) => isGood === false)
      .map(({ day, policy }) => `CloudSim's ${day} ${policy}`),
    // A row that cannot be compared is no row that agrees.
    ...days
      .filter(({ skipped }) => skipped !== undefined)
      .map(({ day, policy, skipped }) => `CloudSim's ${day} ${policy}: ${skipped}`),
  ];
  return { cases, fleets, days, missed };
}

const power = (error) => (error === 0 ? "0" : error.toExponential(1));
const percent = (share) => `${(100 * share).toFixed(2)} %`;
const seconds = (ns) => (ns / 1e9).toFixed(6);
const yes = (isGood) => (isGood ? "yes" : "**no**");

/** Lines of a table; columns of numbers are aligned by whoever shows it. */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The results as a document. */
export function documentOfSimulators({ cases, fleets, days, missed }, whereAndWhen) {
  const parts = [
    ...(cases.length > 0 ? [casesPart(cases)] : []),
    ...(fleets.length > 0 ? [fleetsPart(fleets)] : []),
    ...(days.length > 0 ? [daysPart(days)] : []),
  ];
  return `# Other simulators' results, reproduced

What the profiles \`simgrid\` and \`cloudsim\` make of scenarios that SimGrid and CloudSim were run with. Made by
\`npm run validate -- FOLDER\` on ${whereAndWhen}.
Goals that were missed: ${missed.length === 0 ? "none" : missed.join("; ")}. Times are this machine's and decide nothing.

${parts.join("\n")}`;
}

function casesPart(cases) {
  const ended = cases.filter(({ hasResult }) => hasResult);
  const others = cases.filter(({ hasResult }) => !hasResult);
  const worst = (figure) => ended.reduce((most, one) => Math.max(most, one[figure]), 0);
  const rows = ended.map((one) => [
    ...[one.id, one.model, seconds(one.outlook.totalNs), power(one.totalError)],
    ...[seconds(one.outlook.downtimeNs), power(one.downtimeError)],
    `${one.outlook.rounds}${one.roundsEqual ? "" : " (**not equal**)"}`,
    ...[one.bytesApart, yes(one.isGood)],
  ]);
  const head =
    "case,model,total s,error,downtime s,error,rounds,bytes apart in a transfer,good".split(",");
  const verdicts = others.map(({ id, outlook, verdictMs }) => [
    ...[id, outlook.converges ? "**converges**" : "does not converge", outlook.reason],
    outlook.leastBandwidth === null
      ? "none would do"
      : `${(outlook.leastBandwidth / 1e6).toFixed(1)} MB/s`,
    outlook.forcedDowntimeNs === null ? "-" : `${seconds(outlook.forcedDowntimeNs)} s`,
    verdictMs.toFixed(1),
  ]);
  const verdictHead = "case,verdict,why,bandwidth that would do,downtime if forced,ms".split(",");
  return `## SimGrid 3.32: one migration

Cases with a result: ${ended.length}. Largest relative error ${power(worst("totalError"))} of the total time and ${power(worst("downtimeError"))} of the downtime
(goal ${SIMGRID_GOALS.alone}; within 1 ns, the last digit that is known, there is none), rounds equal in ${ended.filter(({ roundsEqual }) => roundsEqual).length} of ${ended.length}, transfers at
most ${worst("bytesApart")} bytes apart.

${table(head, rows)}
${
  others.length === 0
    ? ""
    : `
Cases without one: ${others.length}. SimGrid aborts after 10^7 simulated seconds, or goes on for ever. The verdict here, its
reason and the bound (goal ${SIMGRID_GOALS.verdictMs} ms; the first one also compiles the code):

${table(verdictHead, verdicts)}
`
}`;
}

function fleetsPart(fleets) {
  const rows = fleets.map((one) => [
    ...[one.name, one.migrations, power(one.totalError), power(one.downtimeError)],
    ...[(one.downtimeApart * 1e6).toFixed(2), one.cpuSeconds.toFixed(2), yes(one.isGood)],
  ]);
  const head =
    "file,migrations,total: worst error,downtime: worst error,downtime: most us apart,CPU s,good";
  return `## SimGrid 3.32: migrations that contend

Each file's fleet is simulated whole, by max-min sharing, and held against its lines migration for migration (goal ${SIMGRID_GOALS.contending} relative).
Downtimes within 1 us count as equal: SimGrid's roundings add up over the rounds of a migration, so the last one differs by
a few bytes.

${table(head.split(","), rows)}
`;
}

function daysPart(days) {
  const compared = days.filter(({ skipped }) => skipped === undefined);
  const rows = compared.map((one) => [
    ...[one.day, one.policy, figures(one.energy, 2), figures(one.migrations, 0)],
    percent(one.energy.error),
    percent(one.migrations.error),
    ...[pair(one.slatah, 2), pair(one.pdm, 2), pair(one.shutdowns, 0)],
    one.cpuSeconds.toFixed(2),
    one.theirCpuSeconds === null ? "-" : one.theirCpuSeconds.toFixed(0),
    yes(one.isGood),
  ]);
  const skipped = days.flatMap(({ day, policy, skipped }) =>
    skipped === undefined ? [] : [`- ${day} ${policy}: not compared, ${skipped}`],
  );
  const head =
    "day,policy,kWh,migrations,energy error,migrations error,SLATAH %,PDM %,shutdowns,CPU s,CloudSim's CPU s,good";
  return `## CloudSim 3.0.3: days of PlanetLab

Figures are ours / CloudSim's, which prints two digits. Goals: energy ${percent(CLOUDSIM_GOALS.energy)}, migrations ${percent(CLOUDSIM_GOALS.migrations)}, ${CLOUDSIM_GOALS.cpuSeconds} CPU seconds a policy (the
first rows also compile the code; CloudSim's time is with its log printed).

${table(head.split(","), rows)}
${skipped.length === 0 ? "" : `\n${skipped.join("\n")}\n`}
What differs, or had to be known:

- Random selection (\`rs\`) is random in CloudSim itself, which draws anew at every run. Its rows show the mean of eight
  seeds; the error is how far CloudSim's one draw lies outside of what the eight span.
- The order of traces says which VM has which. CloudSim takes them as the file system lists their folder; this is the order
  of ext4, by a hash of the files' names. In the order of the alphabet LR-MMT 1.2 of 2011-03-03 takes 163.5 instead of 167.8 kWh.
- \`lrr\` is \`lr\` in CloudSim 3.0.3: both come out the same, here as there.
- What CloudSim prints as the time before a VM migration is how long migrations took.
`;
}

function figures({ ours, theirs, least, most }, digits) {
  const range = least === most ? "" : ` (${least.toFixed(digits)}..${most.toFixed(digits)})`;
  return `${ours.toFixed(digits)}${range} / ${theirs}`;
}

const pair = ([ours, theirs], digits) =>
  `${ours.toFixed(digits)} / ${Number.isFinite(theirs) ? theirs : "-"}`;
