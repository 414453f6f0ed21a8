import type { FluidCurves } from "../../kernel/fluid.js";
import type { StrategyName } from "../../migration/report.js";
import type { BytesPerSecond } from "../../units.js";
import { type FluidFlavour, fluidFlavour, guestOfFlavour } from "../fluid/flavour.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import { machinePartsOf } from "./machine-parts.js";

interface Resolved {
  readonly strategy: StrategyName;
  readonly rate: BytesPerSecond;
  readonly made: FluidFlavour;
}

/** Flavours with everything resolved that migrations have in common, once for each strategy and rate. */
export class ResolvedFlavours {
  readonly #fleet: Fleet;
  readonly #curves: FluidCurves;
  /** By flavour; the few ways that its VMs are moved. */
  readonly #known: Resolved[][];

  constructor(fleet: Fleet, curves: FluidCurves) {
    this.#fleet = fleet;
    this.#curves = curves;
    this.#known = fleet.flavours.map(() => []);
  }

  /**
   * @param rate - What a migration would get on an idle network; patience is counted from it.
   * @throws MigrationBlockedError where a device stands against it.
   */
  get(index: number, strategy: StrategyName, rate: BytesPerSecond): FluidFlavour {
    const known = this.#known[index] as Resolved[];
    for (const one of known) {
      if (one.strategy === strategy && one.rate === rate) return one.made;
    }
    const flavour = this.#fleet.flavours[index] as Flavour;
    const guest = guestOfFlavour(flavour, machinePartsOf(flavour, this.#fleet.bootNs));
    const made = fluidFlavour({ ...guest, strategy }, this.#curves, rate);
    known.push({ strategy, rate, made });
    return made;
  }
}
