import { ln } from "../../elementary.js";
import { InvalidOptionError } from "../../errors.js";
import type { CurveTerm } from "../../kernel/fluid.js";
import type { CurvePoint } from "../../observe/observation.js";
import { MILLISECOND, type Nanoseconds, type PageCount, SECOND } from "../../units.js";
import { expectedDirtyPages, type Region, regionsOf } from "../../workload/regions.js";
import type { WorkloadSpec } from "../../workload/spec.js";

/** More regions than these (Zipf has hundreds) are worked out beforehand, at so many points an octave: within 1e-4. */
const MOST_SETS = 4;
const POINTS_PER_OCTAVE = 32;

/**
 * D(t) of a guest that writes as a workload says: random writes become sets, sequences cycles, Zipf's many
 * regions one term of points.
 *
 * @throws InvalidOptionError for phases and traces, whose D(t) must be observed.
 */
export function curveOfWorkload(specs: readonly WorkloadSpec[]): CurveTerm[] {
  return specs.flatMap((spec): CurveTerm[] => {
    switch (spec.kind) {
      case "sequential":
        return [{ kind: "cycle", pages: spec.wssPages, rate: spec.rate }];
      case "phases":
      case "trace":
        throw new InvalidOptionError(
          "workload",
          spec.kind,
          "uniform, hot-set, zipf or sequential; of others D(t) must be observed",
        );
      default: {
        const regions = regionsOf(spec);
        if (regions.length > MOST_SETS) return [tabulated(regions)];
        return regions.map(({ pages, rate }) => ({ kind: "set", pages, rate }));
      }
    }
  });
}

/** D(t) of what was observed: straight lines between the points, and beyond them the slope goes on falling as it did. */
export function curveOfObservation(
  curve: readonly CurvePoint[],
  totalPages: PageCount,
): CurveTerm[] {
  const points = curve.map(({ horizonMs, pages }) => ({ ns: horizonMs * MILLISECOND, pages }));
  const slopes = points.map((point, index) => {
    const before = points[index - 1] ?? { ns: 0, pages: 0 };
    const ns = point.ns - before.ns;
    return { at: before.ns + ns / 2, slope: (point.pages - before.pages) / ns };
  });
  const [before, last] = slopes.slice(-2);
  const end = last ?? before ?? { at: 0, slope: 0 };
  const falls = before !== undefined && end.slope > 0 && before.slope > end.slope;
  const fallNs = falls ? (end.at - before.at) / ln(before.slope / end.slope) : 0;
  return [{ kind: "points", pages: totalPages, points, endSlope: Math.max(0, end.slope), fallNs }];
}

/** Many sets as one curve of points: from where D(t) is still straight to where nothing is left to dirty. */
function tabulated(regions: readonly Region[]): CurveTerm {
  const rates = regions.map(({ pages, rate }) => rate / pages);
  const first = (1e-3 / Math.max(...rates)) * SECOND;
  const last = (40 / Math.min(...rates)) * SECOND;
  const points: { ns: Nanoseconds; pages: PageCount }[] = [];
  for (let octave = 1; octave <= 2 * last && octave < 2 ** 56; octave *= 2) {
    if (2 * octave < first) continue;
    for (let part = 0; part < POINTS_PER_OCTAVE; part++) {
      const ns = octave * (1 + part / POINTS_PER_OCTAVE);
      const pages = expectedDirtyPages(regions, ns);
      if (pages >= (points.at(-1)?.pages ?? 0)) points.push({ ns, pages });
    }
  }
  const pages = regions.reduce((sum, region) => sum + region.pages, 0);
  return { kind: "points", pages, points, endSlope: 0, fallNs: 0 };
}
