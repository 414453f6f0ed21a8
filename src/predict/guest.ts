import { InvalidOptionError } from "../errors.js";
import type { Observation, PageContents } from "../observe/observation.js";
import type { PageCount, Share } from "../units.js";
import { regionsOf } from "../workload/regions.js";
import type { WorkloadSpec } from "../workload/spec.js";
import { CyclicClass, MeasuredClass, type PageClass, PoissonClass } from "./page-class.js";
import { withShortTimes } from "./short-times.js";

/** A range in which a number lies, every value as likely as another; both ends may be equal. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A guest as a prediction sees it. */
export interface PredictedGuest {
  /** Pages of all its RAM blocks, zero or not. */
  readonly totalPages: PageCount;
  /** Pages that are not zero; where that is not known exactly, ranges of which one is as likely as another. */
  readonly nonzeroPages: readonly Range[];
  /** Where the nonzero pages are, lowest addresses first; null: not known. */
  readonly stretches: readonly Stretch[] | null;
  /** Standard deviation of the guest's pace from one migration to another, as a share of the mean. */
  readonly paceDeviation: Share;
  /** What becomes dirty, class by class; pages in no class are never written. */
  readonly classes: readonly PlacedClass[];
}

/** Pages that lie together, and how many of them are not zero. */
export interface Stretch {
  readonly pages: PageCount;
  readonly nonzero: PageCount;
}

/** A class of pages, and where in memory it is. */
export interface PlacedClass extends PageClass {
  /** Share of the memory below it; null: not known, and drawn anew for every run. */
  readonly place: Share | null;
}

/** No load is the same twice: guests that wrote by the clock kept to it within two or three per cent. */
const DESCRIBED_DEVIATION: Share = 0.03;
/** What was watched for a while goes on as it was, but for some more. */
const OBSERVED_DEVIATION: Share = 0.06;
/** A PC's memory beside its RAM, behind it in the stream: firmware and tables. Recorded of one without devices. */
const FIRMWARE: Stretch = { pages: 130, nonzero: 50 };
const NO_FIRMWARE: Stretch = { pages: 0, nonzero: 0 };
/** Zipf has hundreds of regions: those of nearly one rate per page are taken together. */
const RATE_STEP = 1.5;

/**
 * A guest that writes as a workload's text says (see `parseWorkload`), its background included.
 *
 * @throws InvalidOptionError for phases and traces, which a curve D(t) must be observed from.
 */
export function guestOfWorkload(
  specs: readonly WorkloadSpec[],
  pages: { readonly totalPages: PageCount; readonly nonzeroPages: readonly Range[] },
): PredictedGuest {
  const { totalPages, nonzeroPages } = pages;
  const most = Math.max(...nonzeroPages.map(({ to }) => to));
  if (most > totalPages) {
    throw new InvalidOptionError(
      "nonzero-pages",
      most,
      `no more than the guest's ${totalPages} pages`,
    );
  }
  const classes = specs.flatMap((spec) => classesOf(spec, totalPages));
  const written = classes.reduce((sum, one) => sum + one.pages, 0);
  // What is written is not zero.
  const atLeast = (count: PageCount): PageCount => Math.min(totalPages, Math.max(count, written));
  const ranges = nonzeroPages.map(({ from, to }) => ({ from: atLeast(from), to: atLeast(to) }));
  return {
    ...{ totalPages, nonzeroPages: ranges, classes },
    stretches: null,
    paceDeviation: DESCRIBED_DEVIATION,
  };
}

/** A guest that was watched. */
export function guestOfObservation({ source, contents, curve }: Observation): PredictedGuest {
  const { totalPages, nonzeroPages, nonzeroPagesError } = contents;
  const most = Math.max(nonzeroPages, curve.at(-1)?.pages ?? 0);
  // The firmware's and the devices' memory is in no region that was watched.
  const others = source === "process" ? FIRMWARE : NO_FIRMWARE;
  // A uniform range of the same standard deviation.
  const spread = Math.sqrt(3) * nonzeroPagesError;
  const from = Math.max(0, nonzeroPages - spread) + others.nonzero;
  // Option ROMs of devices would be nonzero too.
  const to = Math.min(totalPages, nonzeroPages + spread) + others.pages;
  // Where nothing was ever dirty and all of it is zero, there are no pages that could become so.
  // Passes are long when they begin; whatever else is watched shows short times itself.
  const whole = source === "migration" ? withShortTimes(curve) : curve;
  const isWritten = most > 0 && curve.length > 0;
  const classes = isWritten ? [new MeasuredClass(whole, Math.min(totalPages, most))] : [];
  return {
    totalPages: totalPages + others.pages,
    nonzeroPages: [{ from, to }],
    stretches: stretchesOf(contents, others),
    paceDeviation: OBSERVED_DEVIATION,
    classes: classes.map((one) => placed(one, null)),
  };
}

function stretchesOf(
  { totalPages, nonzeroByPart }: PageContents,
  behind: Stretch,
): readonly Stretch[] | null {
  if (nonzeroByPart === undefined) return null;
  const end = (part: number): PageCount => Math.floor((part * totalPages) / nonzeroByPart.length);
  const parts = nonzeroByPart.map((nonzero, part) => {
    const pages = end(part + 1) - end(part);
    return { pages, nonzero: Math.min(pages, nonzero) };
  });
  return [...parts, behind];
}

function placed(one: PageClass, place: Share | null): PlacedClass {
  return Object.assign(one, { place });
}

function classesOf(spec: WorkloadSpec, totalPages: PageCount): PlacedClass[] {
  switch (spec.kind) {
    case "sequential": {
      const place = (spec.at ?? 0) / totalPages;
      return [placed(new CyclicClass(spec.wssPages, spec.rate), place)];
    }
    case "phases":
    case "trace":
      throw new InvalidOptionError(
        "workload",
        spec.kind,
        "uniform, sequential or hot-set; for anything else, observe it and give the observation",
      );
    default:
      return poissonClasses(spec, totalPages);
  }
}

function poissonClasses(
  spec: Parameters<typeof regionsOf>[0],
  totalPages: PageCount,
): PlacedClass[] {
  const classes: PlacedClass[] = [];
  let open: { first: PageCount; pages: PageCount; rate: number; hottest: number } | null = null;
  const close = (): void => {
    if (open)
      classes.push(placed(new PoissonClass(open.pages, open.rate), open.first / totalPages));
  };
  for (const { first, pages, rate } of regionsOf(spec)) {
    const perPage = rate / pages;
    if (open !== null && open.hottest <= perPage * RATE_STEP) {
      open.pages += pages;
      open.rate += rate;
      continue;
    }
    close();
    open = { first, pages, rate, hottest: perPage };
  }
  close();
  return classes;
}
