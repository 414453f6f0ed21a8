/**
 * Reports as HTML. What draws them, and the chart library that goes into each page, is loaded when the
 * first one is asked for: a page that only migrates does without.
 */

import type { FleetRun } from "../fleet/run/result.js";
import type { StreamInspection } from "../qemu/inspection.js";
import type { DrainReport } from "./drain.js";
import type { MappedReport, PageWords } from "./html-page.js";
import type { BlockedStrategy } from "./text.js";

export type { MappedReport, PageWords } from "./html-page.js";

/**
 * One migration as one self-contained page: nothing is loaded from anywhere, and the page forbids itself to
 * try. Rejects only where a bundler split the library and the part that draws pages cannot be loaded.
 */
export async function reportHtml(entry: MappedReport, words: PageWords): Promise<string> {
  const { reportPage } = await import("./html-page.js");
  return reportPage(entry, words);
}

/**
 * Several migrations as one page: the comparison on top, then a section for each. Rejects as
 * {@link reportHtml} does.
 */
export async function comparisonHtml(
  entries: readonly MappedReport[],
  words: PageWords,
  blocked: readonly BlockedStrategy[] = [],
): Promise<string> {
  const { comparisonPage } = await import("./html-page.js");
  return comparisonPage(entries, words, blocked);
}

/**
 * What is in a migration stream of QEMU as one self-contained page. Rejects as {@link reportHtml} does.
 *
 * @param title - The page's heading, such as the name of the file.
 */
export async function inspectionHtml(inspection: StreamInspection, title: string): Promise<string> {
  const { inspectionPage } = await import("./inspection-html.js");
  return inspectionPage(inspection, title);
}

/**
 * A run of a data centre as one self-contained page: hosts' load and every migration over time, energy,
 * service quality and costs. Rejects as {@link reportHtml} does.
 *
 * @param controllers - Names of those that were in charge.
 */
export async function fleetHtml(run: FleetRun, controllers: readonly string[]): Promise<string> {
  const { fleetPage } = await import("./fleet-page.js");
  return fleetPage(run, controllers);
}

/** How hosts are emptied as one self-contained page. Rejects as {@link reportHtml} does. */
export async function drainHtml(report: DrainReport): Promise<string> {
  const { drainPage } = await import("./drain-page.js");
  return drainPage(report);
}
