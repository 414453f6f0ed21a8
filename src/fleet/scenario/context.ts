import { InvalidOptionError } from "../../errors.js";
import type { Milliseconds, PageCount } from "../../units.js";
import type { ControllerContext, MoveEstimator } from "../control/estimate.js";
import type { Controller } from "../control/plan.js";
import { controllers as known } from "../control/registry.js";
import type { Fleet } from "../model/fleet.js";
import type { TraceFormat } from "./input-vms.js";
import type { LoadTrace } from "./traces/load-trace.js";

/** What resolving a fleet's scenario asks of the outside; where there are no files these throw. */
export interface FleetContext {
  /** What `godwit observe` wrote. */
  readObservation(option: string, path: string): ObservedMemory;
  /** A trace of load. */
  readTrace(option: string, request: TraceRequest): LoadTrace;
  /** Parsed JSON of a workload's phases. */
  readPhases(option: string, path: string): unknown;
  /** The controllers that a scenario may name. */
  readonly controllers: Readonly<Record<string, ControllerKind>>;
  /** How controllers estimate moves; absent: by their least. */
  estimator?(fleet: Fleet): MoveEstimator;
}

/** The part of an observation that a flavour takes. */
export interface ObservedMemory {
  readonly contents: { readonly totalPages: PageCount; readonly nonzeroPages: PageCount };
  /** D(t), in order of the horizons. */
  readonly curve: readonly { readonly horizonMs: Milliseconds; readonly pages: PageCount }[];
}

/** A trace of load, as a scenario names it. */
export interface TraceRequest {
  readonly path: string;
  readonly format: TraceFormat;
  /** Azure's table of VMs; null: none was named. */
  readonly vmtable: string | null;
}

/** A controller that a scenario may name. */
export interface ControllerKind {
  /**
   * Makes one.
   *
   * @param settings - As the scenario has them: an object, empty where it gives none.
   * @param path - What errors call the settings.
   * @throws InvalidOptionError with the path of the wrong setting.
   */
  create(settings: unknown, context: ControllerContext, path: string): Controller;
}

/** A context for callers without files: any path in a scenario is refused. */
export function contextWithoutFleetFiles(
  controllers: FleetContext["controllers"] = known,
): FleetContext {
  const refuse = (option: string, path: string): never => {
    throw new InvalidOptionError(option, path, "no file; there are none here");
  };
  return {
    readObservation: refuse,
    readTrace: (option, { path }) => refuse(option, path),
    readPhases: refuse,
    controllers,
  };
}
