import * as v from "valibot";
import { EXPECTED } from "../../scenario/quantities.js";
import { MOST } from "./bounds.js";
import {
  count,
  described,
  either,
  fieldsOf,
  list,
  name,
  nameOrNames,
  number,
  optional,
  text,
} from "./shape.js";

/** Shapes of what VMs run on: providers, sites, hosts and the network. */

const time = text(EXPECTED.time);
const size = text(EXPECTED.size);
const rate = text(EXPECTED.rate);
const price = number(0, MOST.price);
/** A share as a number or as text. */
export const share: v.GenericSchema = either(EXPECTED.share, v.number(), text());

const quality = fieldsOf({
  from: described(time, "When it begins.", "6h"),
  until: optional(time, "When it ends; absent: it does not.", "8h"),
  cpu: described(share, "Share of the CPU due to a guest that it gets.", "60%"),
});

export const providerShape: v.GenericSchema = fieldsOf({
  trafficPricePerGb: optional(
    price,
    "Money per GB (10^9 bytes) that leaves it for another provider.",
    0.05,
  ),
  energyPricePerKwh: optional(price, "Money per kWh.", 0.25),
  quality: optional(list(quality, MOST.groups), "When it treats its guests worse than it should."),
});

export const siteShape: v.GenericSchema = fieldsOf({
  provider: optional(
    text("the name of a provider"),
    "Who owns it; needed where there are several.",
  ),
});

const watts = v.pipe(
  v.array(number(0, 1e9), "a list of watts at equidistant utilisations from 0 to 1"),
  v.minLength(2, "at least the watts when idle and at full load"),
  v.maxLength(1001, "at most 1001 of them"),
);

const power = fieldsOf({
  watts: optional(
    watts,
    "At equidistant utilisations from 0 to 1, as SPECpower_ssj2008 publishes.",
  ),
  idle: optional(number(0, 1e9), "Watts when idle; with `max` in place of `watts`.", 110),
  max: optional(number(0, 1e9), "Watts at full load; linear in between.", 500),
  asleep: optional(number(0, 1e9), "Watts in low power. Default: 0.", 10),
  sleepTime: optional(time, "Time to fall asleep. Default: 0s.", "10s"),
  wakeTime: optional(time, "Time to wake up. Default: 0s.", "2m"),
});

export const hostTypeShape: v.GenericSchema = fieldsOf({
  like: optional(
    text("the name of a host type"),
    "A type that all fields left out are taken from.",
  ),
  cores: optional(count(1, MOST.cores), "Cores.", 64),
  coreSpeed: optional(
    number(1e-6, 1e6),
    "Speed of a core in reference cores: what a virtual CPU of speed 1 needs. Default: 1.",
    1.5,
  ),
  memory: optional(size, "Memory for guests.", "512GiB"),
  disk: optional(size, "Room for guests' local disks. Default: no limit.", "20TB"),
  nic: optional(rate, "Its network card, each way. Default: 10Gbit/s.", "25Gbit/s"),
  power: optional(
    either("a list of watts, or an object with watts or idle and max", watts, power),
    "What it draws, in watts, and how it sleeps. Default: nothing.",
    { idle: 110, max: 500, asleep: 10, sleepTime: "10s", wakeTime: "2m" },
  ),
  pricePerHour: optional(price, "Money per hour that it is on.", 1.2),
});

export const hostGroupShape: v.GenericSchema = fieldsOf({
  count: optional(count(1, MOST.hosts), "How many. Default: 1.", 40),
  type: described(
    nameOrNames(MOST.kinds),
    "A host type, of `hostTypes` or built in, or several that are dealt out in turn.",
    "two-socket",
  ),
  name: optional(
    text("a name, with {} for the number"),
    "Names, {} is the number. Default: h{}.",
    "h{}",
  ),
  site: optional(text("the name of a site"), "Where they are; needed where there are several."),
  rackSize: optional(
    count(1, MOST.hosts),
    "Hosts a rack, filled in order. Default: one rack for those of a site that say nothing.",
    40,
  ),
});

const wan = fieldsOf({
  between: optional(
    v.strictTuple([name(), name()], "two sites"),
    "The two sites; absent: any two.",
    ["zurich", "paris"],
  ),
  bandwidth: described(rate, "Each way.", "10Gbit/s"),
  latency: optional(time, "One way. Default: 10ms.", "10ms"),
});

const betweenSites = {
  latency: optional(time, "Of a host's own link, one way. Default: 50us.", "50us"),
  wan: optional(
    either("a link between sites, or a list of them", wan, list(wan, MOST.groups, 1)),
    "Links between sites. Default: 10Gbit/s and 10ms between any two.",
  ),
};

const graphLink = fieldsOf({
  name: optional(name(), "Its name in results."),
  from: described(text("a host, a range of hosts or a switch"), "One end.", "h0..h39"),
  to: described(text("a host or a switch"), "The other.", "leaf0"),
  bandwidth: described(rate, "Each way.", "10Gbit/s"),
  latency: optional(time, "One way. Default: 50us.", "50us"),
  shared: optional(v.boolean("true or false"), "Both ways share the bandwidth."),
});

const KINDS = ["star", "shared", "racks", "graph"] as const;

export const networkShape: v.GenericSchema = either(
  `${KINDS.join(", ")}, or an object with one of them as kind`,
  v.picklist(["star", "shared", "racks"]),
  v.variant(
    "kind",
    [
      strict({ kind: v.literal("star"), ...betweenSites }),
      strict({
        kind: v.literal("shared"),
        bandwidth: optional(
          rate,
          "Of the link that all traffic shares. Default: a quarter of the hosts' cards.",
          "100Gbit/s",
        ),
        backboneLatency: optional(time, "Of that link. Default: 10us.", "10us"),
        ...betweenSites,
      }),
      strict({
        kind: v.literal("racks"),
        oversubscription: optional(
          number(0.01, 10_000),
          "How much more a rack's hosts could send than its uplink carries. Default: 4.",
          4,
        ),
        uplink: optional(rate, "Instead: the uplink's rate, each way.", "100Gbit/s"),
        uplinkLatency: optional(time, "Of an uplink. Default: 10us.", "10us"),
        ...betweenSites,
      }),
      strict({
        kind: v.literal("graph"),
        links: described(list(graphLink, MOST.hosts, 1), "Its cables."),
      }),
    ],
    `an object whose kind is one of ${KINDS.join(", ")}`,
  ),
);

/** As {@link fieldsOf}, with the type that a variant asks for. */
function strict<T extends Record<string, v.GenericSchema>>(
  entries: T,
): v.StrictObjectSchema<T, undefined> {
  return fieldsOf(entries) as unknown as v.StrictObjectSchema<T, undefined>;
}
