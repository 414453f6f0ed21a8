import * as v from "valibot";
import { EXPECTED } from "../../scenario/quantities.js";
import { placements } from "../control/placement.js";
import { MOST } from "./bounds.js";
import type { FleetInput } from "./input.js";
import {
  hostGroupShape,
  hostTypeShape,
  networkShape,
  providerShape,
  siteShape,
} from "./schema-hosts.js";
import { demandShape, flavourShape, vmGroupShape } from "./schema-vms.js";
import {
  count,
  described,
  either,
  fieldsOf,
  list,
  named,
  nameOrNames,
  number,
  optional,
  text,
  word,
} from "./shape.js";

const time = text(EXPECTED.time);

const move = fieldsOf({
  vm: described(nameOrNames(MOST.moves), "A VM, a range, or a list.", "web0..web9"),
  to: described(nameOrNames(MOST.hosts), "A host; several are dealt out in turn.", "h7"),
  at: optional(time, "When. Default: 0s.", "10s"),
  every: optional(time, "Between one and the next. Default: all at once.", "1s"),
});

const fault = fieldsOf({
  host: described(nameOrNames(MOST.hosts), "A host, a range, or a list.", "h3"),
  at: optional(time, "When it breaks.", "2h"),
  every: optional(time, "Instead: mean time between failures of each host.", "2000h"),
  warning: optional(time, "How long before it is known. Default: not at all.", "10m"),
  repair: optional(time, "When it is back, from then. Default: never.", "1h"),
});

const most = count(1, MOST.vms);
const limits = fieldsOf({
  like: optional(word(["kubevirt", "nova", "none"]), "What the others are taken from.", "kubevirt"),
  perSource: optional(most, "Out of one host.", 2),
  perTarget: optional(most, "Into one host.", 2),
  total: optional(most, "In all.", 5),
});

const controller = v.looseObject(
  { name: described(text("the name of a controller"), "Which one; its settings stand beside it.") },
  "a name, or an object with name and settings",
);

/** The shape of a fleet's scenario, as it is checked, with the words that editors show beside it. */
export const fleetSchema: v.GenericSchema<FleetInput> = v.pipe(
  fieldsOf({
    $schema: optional(text(), "Address of this schema, for editors."),
    name: optional(text(), "What it is called in reports.", "a day in the cloud"),
    until: optional(time, "How long is simulated. Default: 24h.", "24h"),
    interval: optional(time, "Between two looks of the controllers. Default: 5m.", "5m"),
    seed: optional(count(0, 2 ** 32 - 1), "Of every random choice. Default: 1.", 42),
    profile: optional(
      word(["godwit", "simgrid", "cloudsim"]),
      "Whose rules are followed. Default: godwit.",
    ),
    history: optional(
      count(1, 10_000),
      "Intervals of load that controllers can look back on. Default: 30.",
      30,
    ),
    outputs: optional(list(word(["utilisation"]), 10), "What a result holds besides.", [
      "utilisation",
    ]),
    providers: optional(named(providerShape, MOST.kinds), "Who owns sites, and what it asks for."),
    sites: optional(named(siteShape, MOST.kinds), "Places with hosts."),
    hostTypes: optional(named(hostTypeShape, MOST.kinds), "Makes of server."),
    hosts: described(list(hostGroupShape, MOST.groups, 1), "The hosts, in groups that are alike."),
    network: optional(networkShape, "How hosts are connected. Default: star.", "star"),
    flavours: optional(named(flavourShape, MOST.flavours), "Sizes of VM and how they move."),
    demands: optional(named(demandShape, MOST.kinds), "Demands that groups of VMs name."),
    vms: described(list(vmGroupShape, MOST.groups), "The VMs, in groups that are alike."),
    moves: optional(list(move, MOST.moves), "Moves that are asked for whatever controllers do."),
    faults: optional(list(fault, MOST.moves), "Hosts that break."),
    limits: optional(
      either(
        "kubevirt, nova, none, or an object with perSource, perTarget and total",
        v.picklist(["kubevirt", "nova", "none"]),
        limits,
      ),
      "How many migrations may run at once. Default: 2 out of a host, 2 into a host.",
      "kubevirt",
    ),
    cpuPerGib: optional(
      number(0, 1000),
      "CPU seconds that migrating one GiB takes at each host. Default: 0.25.",
      0.25,
    ),
    boot: optional(
      time,
      "Time that a VM lost in a crash takes to start anew. Default: 20s.",
      "20s",
    ),
    exact: optional(
      nameOrNames(MOST.moves),
      "VMs whose moves are simulated to the page, a range or a list.",
      "web0..web9",
    ),
    placement: optional(
      word(Object.keys(placements)),
      "Where VMs go that come without a host. Default: first-fit.",
      "best-fit",
    ),
    controllers: optional(
      list(
        either("the name of a controller, or an object with name and settings", text(), controller),
        100,
      ),
      "Who moves VMs, in the order in which they are asked.",
      ["load-balancing"],
    ),
  }),
  v.title("godwit fleet"),
  v.description("A data centre, or several: hosts, VMs, and the controllers that move them."),
) as v.GenericSchema<FleetInput>;
