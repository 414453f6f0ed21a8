// Embeds the chart library in a module, so that a report is one file that needs no network.
import { readFileSync, writeFileSync } from "node:fs";

const from = (name) =>
  readFileSync(new URL(`../node_modules/uplot/dist/${name}`, import.meta.url), "utf8").trim();
const script = from("uPlot.iife.min.js");
const style = from("uPlot.min.css");
// Inside a page these would end the element they stand in.
if (script.includes("</script") || style.includes("</style"))
  throw new Error("uPlot cannot stand inside a page");

const path = new URL("../src/report/uplot.generated.ts", import.meta.url);
const text = `// Written by scripts/embed-uplot.mjs; uPlot is (c) Leon Sorokin, MIT licence.

/** uPlot as a script that defines the global uPlot. */
export const UPLOT_SCRIPT: string = ${JSON.stringify(script)};

/** uPlot's style sheet. */
export const UPLOT_STYLE: string = ${JSON.stringify(style)};
`;

let written = "";
try {
  written = readFileSync(path, "utf8");
} catch {
  // The first build has none yet.
}
if (written !== text) writeFileSync(path, text);
