import type { PageCount, PageIndex } from "../units.js";
import type { WorkloadSpec } from "./spec.js";

/** Pages [from, to). */
export interface PageRange {
  readonly from: PageIndex;
  readonly to: PageCount;
}

/** The working sets of a workload as ascending ranges; a trace says where it writes itself, so it has none. */
export function occupiedRanges(components: readonly WorkloadSpec[]): PageRange[] {
  return components.flatMap(rangesOf).sort((a, b) => a.from - b.from);
}

function rangesOf(component: WorkloadSpec): PageRange[] {
  switch (component.kind) {
    case "trace":
      return [];
    case "phases":
      return component.phases.flatMap(({ components }) => components.flatMap(rangesOf));
    default: {
      const from = component.at ?? 0;
      return [{ from, to: from + component.wssPages }];
    }
  }
}
