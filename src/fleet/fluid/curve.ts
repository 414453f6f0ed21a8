import { ln } from "../../elementary.js";
import { InvalidOptionError } from "../../errors.js";
import type { CurveTerm as KernelTerm } from "../../kernel/fluid.js";
import { type Nanoseconds, type PageCount, SECOND } from "../../units.js";
import { expectedDirtyPages, regionsOf } from "../../workload/regions.js";
import type { WorkloadSpec } from "../../workload/spec.js";
import type { CurvePoint, CurveTerm } from "../model/flavour.js";

/** More sets than these (Zipf has hundreds) are added up beforehand, at so many points an octave: within 1e-4. */
const MOST_SETS = 4;
const POINTS_PER_OCTAVE = 32;

/** D(t) of a guest that writes as a workload says; of phases and traces it must be observed. */
export function curveOfWorkload(specs: readonly WorkloadSpec[]): CurveTerm[] {
  return specs.flatMap((spec): CurveTerm[] => {
    switch (spec.kind) {
      case "sequential":
        return [{ kind: "cyclic", pages: spec.wssPages, rate: spec.rate }];
      case "phases":
      case "trace":
        throw new InvalidOptionError(
          "workload",
          spec.kind,
          "uniform, hot-set, zipf or sequential; of others D(t) must be observed",
        );
      default:
        return regionsOf(spec).map(({ pages, rate }) => ({ kind: "poisson", pages, rate }));
    }
  });
}

/** The terms as the kernel wants them: many sets as one row of points, and what was measured with its slope beyond. */
export function kernelTerms(curve: readonly CurveTerm[], totalPages: PageCount): KernelTerm[] {
  const sets = curve.flatMap((term) => (term.kind === "poisson" ? [term] : []));
  const others = curve.flatMap((term): KernelTerm[] => {
    if (term.kind === "poisson") return [];
    if (term.kind === "cyclic") return [{ kind: "cycle", pages: term.pages, rate: term.rate }];
    return [measured(term.points, totalPages)];
  });
  if (sets.length > MOST_SETS) return [addedUp(sets), ...others];
  return [...sets.map(({ pages, rate }) => ({ kind: "set", pages, rate }) as const), ...others];
}

/** Straight lines between the points; beyond them the slope goes on falling as it did at the end. */
function measured(points: readonly CurvePoint[], totalPages: PageCount): KernelTerm {
  const slopes = points.map((point, index) => {
    const before = points[index - 1] ?? { ns: 0, pages: 0 };
    const ns = point.ns - before.ns;
    return { at: before.ns + ns / 2, slope: (point.pages - before.pages) / ns };
  });
  const last = slopes.at(-1) ?? { at: 0, slope: 0 };
  const before = slopes.at(-2);
  const falls = before !== undefined && last.slope > 0 && before.slope > last.slope;
  const fallNs = falls ? (last.at - before.at) / ln(before.slope / last.slope) : 0;
  return { kind: "points", pages: totalPages, points, endSlope: Math.max(0, last.slope), fallNs };
}

interface PageSet {
  readonly pages: PageCount;
  readonly rate: number;
}

/** From where D(t) is still straight to where nothing is left to dirty. */
function addedUp(sets: readonly PageSet[]): KernelTerm {
  const regions = sets.map(({ pages, rate }) => ({ first: 0, pages, rate }));
  const rates = sets.filter(({ rate }) => rate > 0).map(({ pages, rate }) => rate / pages);
  const straightNs = (1e-3 / Math.max(...rates)) * SECOND;
  const endNs = (40 / Math.min(...rates)) * SECOND;
  const points: { ns: Nanoseconds; pages: PageCount }[] = [];
  for (let octave = 1; octave <= 2 * endNs && octave < 2 ** 56; octave *= 2) {
    if (2 * octave < straightNs) continue;
    for (let part = 0; part < POINTS_PER_OCTAVE; part++) {
      const ns = octave * (1 + part / POINTS_PER_OCTAVE);
      const pages = expectedDirtyPages(regions, ns);
      // Where it no longer grows, rounding could let it fall.
      if (pages >= (points.at(-1)?.pages ?? 0)) points.push({ ns, pages });
    }
  }
  const pages = sets.reduce((sum, set) => sum + set.pages, 0);
  return { kind: "points", pages, points, endSlope: 0, fallNs: 0 };
}
