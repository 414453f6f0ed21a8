import { SVG_STYLE } from "../dist/report/palette.js";
import { askedText, figureText } from "./goals.js";

const WIDTH = 860;
const ROW = 20;
/** Where the bars begin and end, and their height. */
const LEFT = 290;
const RIGHT = 720;
const BAR = 12;
const TOP = 92;
const FOOT = 62;

/** What the picture calls those it compares with. */
const NAMES = {
  c: "C",
  "c-avx2": "C, AVX2",
  "c-avx512": "C, AVX-512",
  "c-avx512-masks": "C, AVX-512",
  memcmp: "glibc",
};

const BETTER = "#1a94c7";
const WORSE = "#8b98a9";
const GOAL = "#e5484d";

const STYLE = `${SVG_STYLE}.gw-one{stroke:#5f6b7c;stroke-width:1.5}@media(prefers-color-scheme:dark){.gw-one{stroke:#9aa6b8}}`;

/**
 * How many times faster than native code the kernel is, with the goals: a bar for each that could be
 * measured, from 1 (as fast) to the left or right on a logarithmic scale.
 *
 * @param {{ machine: object, date: string, node: string }} report
 * @param {readonly import("./goals.js").Judgement[]} judgements
 */
export function drawGoals(report, judgements) {
  const shown = judgements.filter(({ goal, measured }) => goal.picture && measured !== undefined);
  const scale = createScale(shown.flatMap(({ goal, measured }) => [goal.atLeast, measured]));
  const bottom = TOP + ROW * shown.length;
  const height = bottom + FOOT;
  const parts = [
    `<rect class="gw-bg" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(20, 30, "gw-ink gw-title", "WebAssembly beside native code, on the same memory"),
    text(20, 50, "gw-muted", "How many times faster one thread of godwit's kernel is, in CPU time"),
    ...legend(),
    ...grid(scale, bottom),
    ...shown.flatMap((judgement, index) => row(judgement, TOP + ROW * index, scale)),
    text(20, height - 14, "gw-muted", footer(report)),
  ];
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const label = "Speed of godwit's kernel beside native code";
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} class="gw" role="img" aria-label="${label}"><style>${STYLE}</style>${parts.join("\n")}</svg>\n`;
}

/** Logarithmic, wide enough for all the values and for 1. */
function createScale(values) {
  const logs = [...values, 0.5, 2].map(Math.log10);
  const low = Math.min(...logs) - 0.05;
  const high = Math.max(...logs) + 0.05;
  return {
    x: (value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (RIGHT - LEFT),
    ticks: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter((tick) => {
      return Math.log10(tick) > low && Math.log10(tick) < high;
    }),
  };
}

function grid({ x, ticks }, bottom) {
  return ticks.flatMap((tick) => {
    const at = x(tick).toFixed(1);
    const style = tick === 1 ? "gw-one" : "gw-grid";
    return [
      `<line class="${style}" x1="${at}" x2="${at}" y1="${TOP - 4}" y2="${bottom + 4}"/>`,
      text(at, bottom + 20, "gw-muted", tick === 1 ? "as fast" : `×${tick}`, "middle"),
    ];
  });
}

function row({ goal, measured, verdict }, top, { x }) {
  const middle = top + ROW / 2;
  const [one, end] = [x(1), x(measured)];
  const from = Math.min(one, end).toFixed(1);
  const length = Math.max(1, Math.abs(end - one)).toFixed(1);
  const at = x(goal.atLeast).toFixed(1);
  const isMet = verdict === "met";
  const fill = measured >= 1 ? BETTER : WORSE;
  const bar = `<rect x="${from}" y="${middle - BAR / 2}" width="${length}" height="${BAR}" rx="2" fill="${fill}"/>`;
  const mark = `<line x1="${at}" x2="${at}" y1="${middle - ROW / 2 + 1}" y2="${middle + ROW / 2 - 1}" stroke="${GOAL}" stroke-width="2.5"/>`;
  const title = `${escaped(goal.item)} against ${goal.against}: ${figureText(goal, measured)}, asked ${askedText(goal)}`;
  const figure = `×${measured >= 10 ? measured.toFixed(0) : measured.toFixed(2)}`;
  return [
    `<g><title>${title}</title>`,
    text(LEFT - 14, middle + 4, "gw-ink", goal.item, "end"),
    bar,
    mark,
    text(RIGHT + 14, middle + 4, `gw-ink${isMet ? " gw-strong" : ""}`, figure),
    text(RIGHT + 62, middle + 4, "gw-muted", NAMES[goal.against] ?? goal.against),
    "</g>",
  ];
}

function legend() {
  return [
    `<rect x="20" y="64" width="14" height="${BAR}" rx="2" fill="${BETTER}"/>`,
    text(40, 74, "gw-muted", "faster than native"),
    `<rect x="160" y="64" width="14" height="${BAR}" rx="2" fill="${WORSE}"/>`,
    text(180, 74, "gw-muted", "slower"),
    `<line x1="244" x2="244" y1="62" y2="78" stroke="${GOAL}" stroke-width="2.5"/>`,
    text(252, 74, "gw-muted", "goal; bold where it is met"),
  ];
}

function footer(report) {
  const { cpu, cores, compiler } = report.machine;
  const parts = [cpu, `${cores} cores`, `Node ${report.node}`, compiler, report.date.slice(0, 10)];
  return parts.filter(Boolean).join(", ");
}

function text(x, y, style, words, anchor = "start") {
  const place = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}" class="${style}"${place}>${escaped(words)}</text>`;
}

function escaped(words) {
  return String(words).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
