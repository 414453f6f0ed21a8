import * as v from "valibot";
import type { Field } from "../../scenario/field.js";
import { FIELDS } from "../../scenario/fields.js";
import { EXPECTED } from "../../scenario/quantities.js";
import { expectationOf } from "../../scenario/shape.js";
import { MOST } from "./bounds.js";
import { SCENARIO_FIELDS } from "./input-vms.js";
import { share } from "./schema-hosts.js";
import {
  count,
  described,
  either,
  fieldsOf,
  list,
  nameOrNames,
  number,
  optional,
  text,
  word,
} from "./shape.js";

/** Shapes of VMs: flavours, demand, and groups of them. */

const time = text(EXPECTED.time);
const price = number(0, MOST.price);

const MOST_DEVICES = 1000;

/** The fields that a flavour shares with a scenario of one migration, described by the same table. */
const scenarioFields = Object.fromEntries(
  SCENARIO_FIELDS.map((name) => {
    const field = FIELDS[name];
    const fallback = field.fallback === undefined ? "" : ` Default: ${field.fallback}.`;
    const words = `${field.text.charAt(0).toUpperCase()}${field.text.slice(1)}.${fallback}`;
    return [name, optional(valueShape(field), words, exampleOf(name))];
  }),
);

/** What a field may be in JSON, with its expectation as the message. */
function valueShape(field: Field): v.GenericSchema {
  const expected = expectationOf(field);
  switch (field.kind) {
    case "count":
    case "share":
    case "number":
      return either(expected, v.number(), text());
    case "choice":
      return word(field.choices ?? []);
    case "switch":
      return v.boolean(expected);
    case "list":
      return either(expected, text(), list(text(), MOST_DEVICES));
    default:
      return text(expected);
  }
}

function exampleOf(name: (typeof SCENARIO_FIELDS)[number]): unknown {
  const { kind, example } = FIELDS[name];
  if (kind === "switch") return true;
  return kind === "count" || kind === "number" ? Number(example) : example;
}

const contract = fieldsOf({
  availability: optional(
    share,
    "Share of the time in which a VM must be up and have the CPU it wants. Default: 99.9%.",
    "99.9%",
  ),
  pricePerDowntimeSecond: optional(price, "What a second of downtime costs.", 0.01),
  pricePerDegradedSecond: optional(price, "What a second of lost guest time costs.", 0.001),
  freeDowntime: optional(time, "Downtime of one move that costs nothing. Default: 0s.", "300ms"),
});

export const flavourShape: v.GenericSchema = fieldsOf({
  like: optional(
    text("the name of a flavour"),
    "A flavour that all fields left out are taken from.",
  ),
  vcpus: optional(count(1, MOST.cores), "Virtual CPUs. Default: 1.", 2),
  vcpuSpeed: optional(number(1e-6, 1e6), "Speed of one, in reference cores. Default: 1.", 1),
  ...scenarioFields,
  observation: optional(
    text("the path of a file that godwit observe wrote"),
    "A file of `godwit observe`; it brings memory, zero and workload.",
    "vm.json",
  ),
  contract: optional(contract, "What is promised to the customer."),
  pricePerHour: optional(price, "What the customer pays.", 0.08),
});

const spread = either(`${EXPECTED.share}, or a range of them such as 10%..40%`, v.number(), text());

const diurnal = fieldsOf({
  low: described(
    spread,
    "Share of its CPUs at the lowest; a range gives every VM its own.",
    "5%..15%",
  ),
  high: described(spread, "At the highest.", "40%..80%"),
  peak: optional(
    text("a time of day, or a range of them"),
    "When that is. Default: 14h.",
    "10h..18h",
  ),
});

const traced = fieldsOf({
  trace: described(text("a path"), "A file of it, or a folder of files.", "planetlab/20110303"),
  format: described(word(["planetlab", "bitbrains", "azure"]), "Its format.", "planetlab"),
  vmtable: optional(text("a path"), "Azure: the file of the VMs that `trace` has readings of."),
  interval: optional(time, "PlanetLab: time of one value. Default: 5m.", "5m"),
  first: optional(count(0, MOST.vms), "The first VM of the trace that is taken. Default: 0.", 0),
});

export const demandShape: v.GenericSchema = either(
  "a share, a range of shares such as 10%..40%, a name in demands, or an object with low and high, or with trace",
  number(0, 1),
  text(),
  diurnal,
  traced,
);

const PLACEMENTS = ["round-robin", "first-fit", "emptiest", "random", "on-arrival"];

const placement = fieldsOf({
  by: optional(word(PLACEMENTS), "The rule. Default: round-robin.", "first-fit"),
  on: optional(nameOrNames(MOST.hosts), "Only these hosts.", "h0..h9"),
  site: optional(text("the name of a site"), "Only hosts of this site."),
});

export const vmGroupShape: v.GenericSchema = fieldsOf({
  count: optional(
    count(1, MOST.vms),
    "How many. Default: 1; with a trace all of it, with arrivals as many as come.",
    200,
  ),
  flavour: described(
    nameOrNames(MOST.flavours),
    "A flavour, of `flavours` or built in, or several that are dealt out in turn.",
    "m1.medium",
  ),
  name: optional(
    text("a name, with {} for the number"),
    "Names, {} is the number. Default: vm{}.",
    "web{}",
  ),
  demand: optional(
    demandShape,
    "How much of its CPUs a VM wants over time. Default: 100%.",
    "10%..40%",
  ),
  placement: optional(
    either(
      "a host, a list of hosts, a rule, or an object with by, on and site",
      text(),
      list(text(), MOST.vms, 1),
      placement,
    ),
    `Where they start: hosts in turn, or a rule (${PLACEMENTS.join(", ")}). Default: round-robin, or on-arrival for those that come later.`,
    "round-robin",
  ),
  arrive: optional(time, "When they come. Default: 0s.", "2h"),
  arrivals: optional(
    fieldsOf({
      every: described(time, "Mean time between two.", "90s"),
      from: optional(time, "Default: 0s.", "8h"),
      until: optional(time, "Default: the end.", "18h"),
    }),
    "They come one by one at random (a Poisson process).",
  ),
  depart: optional(time, "When they go. Default: never.", "20h"),
  lifetime: optional(
    either(
      "a time such as 2h, or an object with mean and distribution",
      text(),
      fieldsOf({
        mean: described(time, "The mean.", "2h"),
        distribution: optional(
          word(["exponential", "uniform", "pareto"]),
          "Default: exponential. Uniform is from 0 to twice the mean, pareto has the index 1.5.",
        ),
      }),
    ),
    "How long each stays.",
    "2h",
  ),
  affinity: optional(
    fieldsOf({
      rule: described(word(["together", "apart"]), "Together or apart.", "apart"),
      within: optional(
        word(["host", "rack", "site"]),
        "What they share or must not share. Default: host.",
      ),
      sets: optional(
        count(2, MOST.vms),
        "VMs that follow each other form sets of so many. Default: all are one.",
        3,
      ),
    }),
    "VMs that belong together or apart.",
  ),
});
