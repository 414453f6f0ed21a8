import { InvalidOptionError } from "../../errors.js";
import { parseRate } from "../../scenario/quantities.js";
import type { HostType } from "../model/host.js";
import type { PowerTable } from "../model/power.js";
import type { HostTypeInput, PowerInput } from "./input.js";
import { filledIn } from "./like.js";
import { positiveRate, positiveSize, timeOr } from "./read.js";

/**
 * Makes of server that need not be described. The two of HP have the tables that SPECpower_ssj2008
 * published, as CloudSim 3.0.3 uses them (1860 and 2660 MIPS a core, 4 GB, 1 Gbit/s): their core speeds are
 * thousands of MIPS, and as there they sleep and wake at once and draw nothing meanwhile. `two-socket` is
 * assumed: round figures of a server of about 2022 with 2 x 32 cores.
 */
export const HOST_TYPES: ReadonlyMap<string, HostTypeInput> = new Map<string, HostTypeInput>([
  [
    "hp-ml110-g4",
    {
      cores: 2,
      coreSpeed: 1.86,
      memory: "4GiB",
      nic: "1Gbit/s",
      power: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
    },
  ],
  [
    "hp-ml110-g5",
    {
      cores: 2,
      coreSpeed: 2.66,
      memory: "4GiB",
      nic: "1Gbit/s",
      power: [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135],
    },
  ],
  [
    "two-socket",
    {
      cores: 64,
      memory: "512GiB",
      nic: "25Gbit/s",
      power: { idle: 120, max: 600, asleep: 12, sleepTime: "10s", wakeTime: "2m" },
    },
  ],
]);

/** Where a type says nothing of its network card. */
const NIC = parseRate("nic", "10Gbit/s");

/** The host types by name: the scenario's own, and those that are built in. */
export function resolveHostTypes(
  inputs: Readonly<Record<string, HostTypeInput>>,
): ReadonlyMap<string, HostType> {
  const all = [...HOST_TYPES, ...filledIn("hostTypes", inputs, HOST_TYPES)];
  return new Map(all.map(([name, input]) => [name, hostType(name, input)]));
}

function hostType(name: string, input: HostTypeInput): HostType {
  const path = `hostTypes.${name}`;
  const { cores, coreSpeed = 1, memory, disk, nic, power, pricePerHour = 0 } = input;
  if (cores === undefined || memory === undefined) {
    const missing = cores === undefined ? "cores" : "memory";
    throw new InvalidOptionError(`${path}.${missing}`, undefined, `${missing} to be there`);
  }
  return {
    ...{ name, cores, coreSpeed, pricePerHour },
    memoryBytes: positiveSize(`${path}.memory`, memory),
    diskBytes: disk === undefined ? Number.POSITIVE_INFINITY : positiveSize(`${path}.disk`, disk),
    nic: nic === undefined ? NIC : positiveRate(`${path}.nic`, nic),
    power: powerTable(`${path}.power`, power ?? [0, 0]),
  };
}

function powerTable(path: string, power: PowerInput | readonly number[]): PowerTable {
  const input: PowerInput = isList(power) ? { watts: power } : power;
  return {
    watts: wattsOf(path, input),
    sleepWatts: input.asleep ?? 0,
    sleepNs: timeOr(`${path}.sleepTime`, input.sleepTime, 0),
    wakeNs: timeOr(`${path}.wakeTime`, input.wakeTime, 0),
  };
}

function wattsOf(path: string, { watts, idle, max }: PowerInput): readonly number[] {
  if (watts === undefined) {
    if (idle !== undefined && max !== undefined) return [idle, max];
    const missing = idle === undefined ? "idle" : "max";
    throw new InvalidOptionError(`${path}.${missing}`, undefined, "both idle and max, or watts");
  }
  if (idle === undefined && max === undefined) return watts;
  const other = idle === undefined ? "max" : "idle";
  throw new InvalidOptionError(`${path}.${other}`, idle ?? max, "no such field with watts");
}

function isList(power: PowerInput | readonly number[]): power is readonly number[] {
  return Array.isArray(power);
}
