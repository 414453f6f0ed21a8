import { judgementCells } from "./goals.js";
import { machineText } from "./machine.js";
import { shareText, speedText } from "./result-table.js";
import { ratioText, timeText } from "./text-table.js";

const HEAD = [
  "pattern",
  "rate",
  "of limit",
  "times faster than native code",
  "than packages",
  "than the scalar build",
  "than TypeScript",
];
const NATIVE = /^(c|c-.*|memcmp|liblz4)$/;
const PACKAGES = /^(fastbitset|roaring|xxhash-wasm|hash-wasm|lz4-wasm)$/;

/**
 * The figures as a page of documentation.
 *
 * @param {{ machine: object, date: string, node: string, results: readonly import("./result.js").Result[] }} report
 * @param {readonly import("./goals.js").Judgement[]} judgements
 */
export function tablesOf(report, judgements) {
  const kernel = report.results.filter(({ group }) => group === "kernel");
  const limits = report.results.filter(({ group }) => group === "limit");
  const names = [...new Set(kernel.map(({ name }) => name))];
  return [
    "# The kernel's performance",
    "Written by `npm run bench:native -- --markdown docs/kernel-performance.md`.",
    `${machineText(report)}.`,
    "All in CPU time of one thread, variants interleaved over one memory, rates and ratios from the p10; ± is half the spread of the middle half of the ratios of single rounds. `c` is compiled C with the same formats, `c-sse2`, `c-avx2`, `c-avx512` the same with vectors, memcmp glibc's, liblz4 and xxHash Debian's. L2 is a working set of 0.25 MiB; DRAM is 1 GiB walked in slices of 32 MiB, each of them cold. GB/s count bytes of pages, so that a comparison of two pages counts 4096; `of limit` is what the work must read at least as a share of what the best loop of loads in C reads.",
    "## Limits of the machine",
    table(
      ["one thread", "L2", "DRAM"],
      [...new Set(limits.map(({ name }) => name))].map((name) => [
        name,
        ...["L2", "DRAM"].map((where) => {
          const limit = limits.find((one) => one.name === name && one.pattern === where);
          return limit ? speedText(limit) : "";
        }),
      ]),
    ),
    ...names.flatMap((name) => [
      `## ${name}`,
      table(
        HEAD,
        kernel.filter((one) => one.name === name).map((one) => resultCells(one)),
      ),
    ]),
    ...threadsOf(report.results),
    "## Goals",
    table(["item", "against", "measured", "asked", ""], judgements.map(judgementCells)),
    ...othersOf(report.results),
  ]
    .filter(Boolean)
    .join("\n\n")
    .concat("\n");
}

function resultCells(result) {
  const { pattern, shareOfLimit, ratioTo } = result;
  return [
    pattern,
    speedText(result),
    shareText(shareOfLimit),
    comparisons(result, NATIVE),
    comparisons(result, PACKAGES),
    ratioText(ratioTo.scalar),
    ratioText(ratioTo.typescript),
  ];
}

function comparisons({ ratioTo, noise }, kind) {
  return Object.entries(ratioTo)
    .filter(([name]) => kind.test(name))
    .map(([name, ratio]) => `${name} ${ratioText(ratio)} ± ${Math.round(50 * noise[name])} %`)
    .join(", ");
}

/** What two threads gain, where it could be measured. */
function threadsOf(results) {
  const rows = results
    .filter(({ group }) => group === "threads")
    .map((result) => {
      const { name, pattern, ratioTo, noise } = result;
      const gain = `${ratioText(ratioTo["one worker"])} ± ${Math.round(50 * noise["one worker"])} %`;
      return [name, pattern, speedText(result), gain];
    });
  if (rows.length === 0) return [];
  const how =
    "In wall time, at moments in which two spinning threads both ran at full speed; `two workers` is the function that gains least.";
  return ["## Threads", how, table(["", "", "rate", "times faster than one worker"], rows)];
}

/** Rounds, migrations and the library's size, where they were measured. */
function othersOf(results) {
  const timed = results.filter(({ group }) => group === "round" || group === "migration");
  if (timed.length === 0) return [];
  const rows = timed.map(({ name, pattern, p10Ms, medianMs }) => {
    return [name, pattern, timeText(p10Ms), timeText(medianMs)];
  });
  return ["## Rounds and migrations", table(["", "", "p10", "median"], rows)];
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
