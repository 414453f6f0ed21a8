import { type Command, Option } from "commander";
import type { PredictionInput } from "../predict/input.js";
import { flagOf } from "./options.js";

/** Flags of a prediction: field, argument (none for a switch), what it is. */
type Flag = readonly [
  name: keyof PredictionInput | "qmp" | "for",
  argument: string | null,
  text: string,
];

const GUEST: readonly Flag[] = [
  ["observation", "FILE", "what godwit observe saw of the guest"],
  ["qmp", "SOCKET", "or a QEMU that runs it: it is watched through its monitor"],
  ["for", "TIME", "how long, with --qmp (default: 10s)"],
  [
    "workload",
    "SPEC",
    "or how it writes: hot-set:wss=512MiB,rate=9000/s, uniform:..., sequential:...",
  ],
  ["background", "SPEC", "what else writes, in the same form (default: idle)"],
  ["memory", "SIZE", "its RAM, with a workload"],
  [
    "nonzeroPages",
    "N",
    "its pages that are not zero: 58990, 58000..61000, or several of those with commas between them (default: all)",
  ],
];
const MIGRATION: readonly Flag[] = [
  ["profile", "NAME", "qemu-7.2 or qemu-10 (default: qemu-7.2)"],
  ["bandwidth", "RATE", "max-bandwidth (default: 128MiB/s)"],
  ["downtimeLimit", "MS", "downtime-limit (default: 300)"],
  ["xbzrleCache", "SIZE", "XBZRLE with a cache of that size"],
  ["autoConverge", null, "slow the guest down until it converges"],
  ["throttleInitial", "SHARE", "cpu-throttle-initial (default: 20%)"],
  ["throttleIncrement", "SHARE", "cpu-throttle-increment (default: 10%)"],
  ["throttleMax", "SHARE", "max-cpu-throttle (default: 99%)"],
  ["postCopyAfter", "TIME", "switch to post-copy after so long"],
  ["stopFirst", null, "stop the guest before it is migrated"],
];
const HOSTS: readonly Flag[] = [
  ["link", "RATE", "what the link carries where the cap does not apply (default: 10Gbit/s)"],
  ["rtt", "TIME", "round trip of the link (default: 200us)"],
  ["accelerator", "NAME", "kvm or tcg (default: kvm)"],
  [
    "catchUp",
    "TIME",
    "after a throttled pause the guest catches up with so much of its work; none: it does as much less as it runs less (default: 50ms)",
  ],
  ["copyBandwidth", "RATE", "most that one thread of QEMU sends (default: 2GB/s)"],
  ["freshPage", "TIME", "time until the target's host has memory for a page (default: 2500ns)"],
];
const RUNS: readonly Flag[] = [
  ["deadline", "TIME", "when it must be over (default: within an hour)"],
  ["runs", "N", "how many times the migration is run (default: 400)"],
  ["seed", "N", "seed of chance (default: 1)"],
];

/** The flags of a prediction as the command line has them: an observation is a file. */
export type PredictionFlags = {
  readonly observation?: string;
  readonly qmp?: string;
  readonly for?: string;
} & Readonly<Record<Exclude<keyof PredictionInput, "observation">, string | boolean | undefined>>;

/** Adds the flags that say what is to be predicted. */
export function addPredictionFlags(command: Command): Command {
  const groups = { Guest: GUEST, Migration: MIGRATION, Hosts: HOSTS, Prediction: RUNS };
  for (const [heading, flags] of Object.entries(groups)) {
    for (const [name, argument, text] of flags) {
      const form = argument === null ? flagOf(name) : `${flagOf(name)} <${argument}>`;
      command.addOption(new Option(form, text).helpGroup(`${heading}:`));
    }
  }
  return command;
}
