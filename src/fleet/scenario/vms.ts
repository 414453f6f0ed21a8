import { InvalidOptionError } from "../../errors.js";
import type { Nanoseconds } from "../../units.js";
import type { Random } from "../../world/random.js";
import type { Flavour } from "../model/flavour.js";
import { type AffinityGroup, createVmColumns, type VmColumns } from "../model/vms.js";
import { resolveStay, type Stay } from "./arrivals.js";
import { MOST } from "./bounds.js";
import type { DemandSource, DemandTable } from "./demands.js";
import type { AffinityInput, VmGroupInput } from "./input-vms.js";
import { NameBook } from "./names.js";
import { eachOf, look } from "./read.js";

/** The VMs, and what they share. */
export interface Vms {
  readonly vms: VmColumns;
  readonly names: NameBook;
  readonly flavours: readonly Flavour[];
  readonly groups: readonly AffinityGroup[];
  /** First VM of each group of the scenario. */
  readonly starts: readonly number[];
}

/** A group that has been looked at, before its VMs are made. */
interface ReadGroup {
  readonly path: string;
  readonly input: VmGroupInput;
  readonly demand: DemandSource;
  readonly stay: Stay;
  readonly flavours: readonly number[];
  readonly start: number;
}

/** VMs from their groups, in the order written; where they are is for the placement to say. */
export function resolveVms(
  inputs: readonly VmGroupInput[],
  known: ReadonlyMap<string, Flavour>,
  table: DemandTable,
  context: { readonly untilNs: Nanoseconds; readonly random: Random },
): Vms {
  const flavours = new FlavourList(known);
  const names = new NameBook("VM");
  const read = inputs.map((input, index) => {
    const path = `vms.${index}`;
    const random = context.random.fork(path);
    const demand = table.source(`${path}.demand`, input.demand ?? 1);
    const stay = resolveStay(path, input, demand.trace, { untilNs: context.untilNs, random });
    if (names.count + stay.count > MOST.vms) {
      throw new InvalidOptionError(`${path}.count`, stay.count, `at most ${MOST.vms} VMs in all`);
    }
    const start = stay.count === 0 ? names.count : nameAll(path, input, stay, names);
    const indices = eachOf(`${path}.flavour`, input.flavour).map(flavours.indexOf);
    return { path, input, demand, stay, start, flavours: indices };
  });
  const vms = createVmColumns(names.count, (vm) => names.nameOf(vm));
  const groups: AffinityGroup[] = [];
  for (const group of read) fill(vms, group, context.random.fork(`${group.path}.demand`));
  for (const { path, input, stay, start } of read) {
    if (input.affinity)
      addAffinity(path, vms, groups, { ...input.affinity, start, count: stay.count });
  }
  return { vms, names, flavours: flavours.list, groups, starts: read.map(({ start }) => start) };
}

function nameAll(
  path: string,
  { name = "vm{}" }: VmGroupInput,
  stay: Stay,
  names: NameBook,
): number {
  return names.add(`${path}.name`, name, stay.count);
}

function fill(vms: VmColumns, { stay, start, demand, flavours }: ReadGroup, random: Random): void {
  for (let at = 0; at < stay.count; at++) {
    const vm = start + at;
    const arrivesNs = stay.arrives(at);
    vms.flavour[vm] = flavours[at % flavours.length] as number;
    vms.demand[vm] = demand.demandOf(at, random);
    vms.arrivesNs[vm] = arrivesNs;
    vms.departsNs[vm] = stay.departs(at, arrivesNs);
  }
}

function addAffinity(
  path: string,
  vms: VmColumns,
  groups: AffinityGroup[],
  affinity: AffinityInput & { readonly start: number; readonly count: number },
): void {
  const { rule, within = "host", start, count, sets = Math.max(1, count) } = affinity;
  if (sets > Math.max(2, count)) {
    throw new InvalidOptionError(
      `${path}.affinity.sets`,
      sets,
      `at most ${count}, as many as there are`,
    );
  }
  for (let at = 0; at < count; at++) {
    if (at % sets === 0)
      groups.push({
        name: affinityName(vms, start + at, Math.min(sets, count - at)),
        rule,
        within,
      });
    vms.group[start + at] = groups.length - 1;
  }
}

/** `web0..web2`. */
function affinityName(vms: VmColumns, first: number, count: number): string {
  const name = vms.name(first);
  return count === 1 ? name : `${name}..${vms.name(first + count - 1)}`;
}

/** The flavours that are in use, in the order of their first use. */
class FlavourList {
  readonly list: Flavour[] = [];
  readonly #known: ReadonlyMap<string, Flavour>;
  readonly #indices = new Map<string, number>();

  constructor(known: ReadonlyMap<string, Flavour>) {
    this.#known = known;
  }

  readonly indexOf = ({
    path,
    value,
  }: {
    readonly path: string;
    readonly value: string;
  }): number => {
    const index = this.#indices.get(value) ?? this.list.length;
    if (index < this.list.length) return index;
    if (index >= MOST.flavours) {
      throw new InvalidOptionError(path, value, `at most ${MOST.flavours} flavours in use`);
    }
    this.list.push(look(path, value, [this.#known]));
    this.#indices.set(value, index);
    return index;
  };
}
