import { InvalidOptionError } from "../../errors.js";
import { SECOND } from "../../units.js";
import type { Random } from "../../world/random.js";
import { folderOrder } from "../cloudsim/folder-order.js";
import type { Demand } from "../model/demand.js";
import type { FleetContext } from "./context.js";
import type { FleetProfile } from "./input.js";
import type { DemandInput, DiurnalInput, TracedInput } from "./input-vms.js";
import { look, positiveTime, readShares, readTimes, type Span } from "./read.js";
import type { LoadTrace, TracedVm } from "./traces/load-trace.js";

/** Demands that a range is made of: enough that VMs differ, and no more than one for some thousand of them. */
const VARIETY = 256;
const DAY = 86_400 * SECOND;

/** Where the VMs of a group take their demand from. */
export interface DemandSource {
  /** The trace behind it, from the first VM that is taken; null: it is none. */
  readonly trace: LoadTrace | null;
  /** Index of the demand of a group's VM. */
  demandOf(at: number, random: Random): number;
}

/** All demands of a scenario, each kept once. */
export class DemandTable {
  readonly demands: Demand[] = [];
  readonly #named: ReadonlyMap<string, DemandInput>;
  readonly #context: FleetContext;
  readonly #random: Random;
  readonly #profile: FleetProfile;
  readonly #sources = new Map<string, DemandSource>();
  /** Constant demands that are there. */
  readonly #constants = new Map<number, DemandSource>();

  constructor(
    named: Readonly<Record<string, DemandInput>>,
    context: FleetContext,
    { random, profile }: { readonly random: Random; readonly profile: FleetProfile },
  ) {
    this.#named = new Map(Object.entries(named));
    this.#context = context;
    this.#random = random;
    this.#profile = profile;
    // Also those that no group names are checked.
    for (const name of this.#named.keys()) this.#sourceNamed(`demands.${name}`, name);
  }

  /** The source that an input describes or names. */
  source(path: string, input: DemandInput): DemandSource {
    return isName(input) ? this.#sourceNamed(path, input) : this.#read(path, input);
  }

  #sourceNamed(path: string, name: string): DemandSource {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const input = look(path, name, [this.#named]);
    if (isName(input)) {
      const expected = "a demand, not the name of another";
      throw new InvalidOptionError(`demands.${name}`, input, expected);
    }
    const source = this.#read(`demands.${name}`, input);
    this.#sources.set(name, source);
    return source;
  }

  #read(path: string, input: DemandInput): DemandSource {
    if (typeof input === "object") {
      return "trace" in input ? this.#traced(path, input) : this.#diurnal(path, input);
    }
    const share = readShares(path, input);
    if (share.low === share.high) return this.#constant(share.low);
    return this.#varied(path, (random) => ({ kind: "constant", share: within(share, random) }));
  }

  #constant(share: number): DemandSource {
    const known = this.#constants.get(share);
    if (known !== undefined) return known;
    const index = this.demands.push({ kind: "constant", share }) - 1;
    const source = { trace: null, demandOf: () => index };
    this.#constants.set(share, source);
    return source;
  }

  #diurnal(path: string, input: DiurnalInput): DemandSource {
    const low = readShares(`${path}.low`, input.low);
    const high = readShares(`${path}.high`, input.high);
    const peak = readTimes(`${path}.peak`, input.peak ?? "14h");
    if (low.high > high.low) {
      throw new InvalidOptionError(`${path}.high`, input.high, `at least low, ${input.low}`);
    }
    if (peak.high > DAY) {
      throw new InvalidOptionError(`${path}.peak`, input.peak, "a time of day, 0h to 24h");
    }
    const draw = (random: Random): Demand => ({
      kind: "diurnal",
      low: within(low, random),
      high: within(high, random),
      peakNs: Math.floor(within(peak, random)),
    });
    const isOne = [low, high, peak].every((span) => span.low === span.high);
    return this.#varied(path, draw, isOne ? 1 : VARIETY);
  }

  /** Demands drawn once, of which every VM gets one. */
  #varied(path: string, draw: (random: Random) => Demand, variety: number = VARIETY): DemandSource {
    const random = this.#random.fork(path);
    const start = this.demands.length;
    for (let index = 0; index < variety; index++) this.demands.push(draw(random));
    return {
      trace: null,
      demandOf: (_, chance) => start + (variety === 1 ? 0 : chance.nextBelow(variety)),
    };
  }

  #traced(path: string, input: TracedInput): DemandSource {
    const { trace: file, format, vmtable = null, first = 0, interval } = input;
    if (vmtable !== null && format !== "azure") {
      throw new InvalidOptionError(`${path}.vmtable`, vmtable, `no such field with ${format}`);
    }
    if (vmtable === null && format === "azure") {
      const expected = "the file of the VMs that the trace has readings of";
      throw new InvalidOptionError(`${path}.vmtable`, undefined, expected);
    }
    if (interval !== undefined && format !== "planetlab") {
      throw new InvalidOptionError(`${path}.interval`, interval, `no such field with ${format}`);
    }
    const read = this.#context.readTrace(`${path}.trace`, { path: file, format, vmtable });
    if (first >= read.vms.length) {
      const expected = `less than the ${read.vms.length} VMs of the trace`;
      throw new InvalidOptionError(`${path}.first`, first, expected);
    }
    const intervalNs =
      interval === undefined ? read.intervalNs : positiveTime(`${path}.interval`, interval);
    const isListed = this.#profile === "cloudsim" && format === "planetlab";
    const vms = (isListed ? asListed(read.vms) : read.vms).slice(first);
    const start = this.demands.length;
    for (const { shares } of vms) this.demands.push({ kind: "trace", intervalNs, shares });
    return {
      trace: { intervalNs, vms },
      demandOf: (at) => start + (at % vms.length),
    };
  }
}

/** CloudSim takes a day's traces as the file system lists their folder, which says whose VM has which. */
function asListed(vms: readonly TracedVm[]): TracedVm[] {
  const names = vms.map(({ name }) => name.replace(/^.*\//, "").replace(/\.gz$/, ""));
  return folderOrder(names).map((index) => vms[index] as TracedVm);
}

/** Text that begins like a name, not like a share. */
function isName(input: DemandInput): input is string {
  return typeof input === "string" && /^[A-Za-z_]/.test(input);
}

function within({ low, high }: Span, random: Random): number {
  return low === high ? low : low + (high - low) * random.nextUnit();
}
