import type { StrategyName } from "../../migration/report.js";
import type { Nanoseconds } from "../../units.js";
import type { FluidMigration } from "../fluid/migration.js";
import type { Mover, MoveStep, StepEnd } from "./mover.js";

/** A migration in which memory is a fluid. */
export class FluidMover implements Mover {
  readonly strategy: StrategyName;
  readonly #fluid: FluidMigration;

  constructor(strategy: StrategyName, fluid: FluidMigration) {
    this.strategy = strategy;
    this.#fluid = fluid;
  }

  get rounds(): number {
    return this.#fluid.progress.rounds;
  }

  get downtimeNs(): Nanoseconds {
    return this.#fluid.progress.downtimeNs;
  }

  get lostNs(): Nanoseconds {
    return this.#fluid.progress.lostNs;
  }

  next(end: StepEnd): MoveStep {
    const step = this.#fluid.next(end);
    if (step.kind !== "done") return step;
    const { outcome, converged, reason, runningOn: guest } = step;
    return {
      ...{ kind: "done", converged, reason, guest },
      outcome: outcome === "completed" || outcome === "not-converged" ? outcome : "failed",
    };
  }
}
