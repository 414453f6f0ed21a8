import { InvalidOptionError } from "../../errors.js";
import { MILLISECOND } from "../../units.js";
import { regionsOf } from "../../workload/regions.js";
import type { WorkloadSpec } from "../../workload/spec.js";
import type { CurvePoint, CurveTerm, MemoryBehaviour } from "../model/flavour.js";
import type { ObservedMemory } from "./context.js";

/** Zipf has hundreds of regions: those of nearly one rate per page are taken together. */
const RATE_STEP = 1.5;

/**
 * The curve D(t) of a workload, a term for each set of pages that are written alike.
 *
 * @param option - Name of the workload, for the error.
 * @throws InvalidOptionError for phases and traces, which a curve must be observed from.
 */
export function curveOf(option: string, specs: readonly WorkloadSpec[]): CurveTerm[] {
  return specs.flatMap((spec): CurveTerm[] => {
    switch (spec.kind) {
      case "sequential":
        return [{ kind: "cyclic", pages: spec.wssPages, rate: spec.rate }];
      case "phases":
      case "trace": {
        const known = "uniform, sequential or hot-set; for anything else give an observation";
        throw new InvalidOptionError(option, spec.kind, known);
      }
      default:
        return poissonTerms(spec);
    }
  });
}

function poissonTerms(spec: Parameters<typeof regionsOf>[0]): CurveTerm[] {
  const terms: { kind: "poisson"; pages: number; rate: number; hottest: number }[] = [];
  for (const { pages, rate } of regionsOf(spec)) {
    const perPage = rate / pages;
    const last = terms.at(-1);
    if (last !== undefined && last.hottest <= perPage * RATE_STEP) {
      last.pages += pages;
      last.rate += rate;
    } else {
      terms.push({ kind: "poisson", pages, rate, hottest: perPage });
    }
  }
  return terms.map(({ kind, pages, rate }) => ({ kind, pages, rate }));
}

/** A memory that was watched. */
export function observedBehaviour({ contents, curve }: ObservedMemory): MemoryBehaviour {
  const { totalPages, nonzeroPages } = contents;
  const points = curve.map(
    ({ horizonMs, pages }): CurvePoint => ({ ns: Math.round(horizonMs * MILLISECOND), pages }),
  );
  const isWritten = points.some(({ pages }) => pages > 0);
  return {
    zeroShare: 1 - nonzeroPages / totalPages,
    curve: isWritten ? [{ kind: "measured", points }] : [],
    workload: null,
  };
}
