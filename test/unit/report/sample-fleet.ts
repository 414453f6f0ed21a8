import type { Flavour } from "../../../src/fleet/model/flavour.js";
import type { Fleet } from "../../../src/fleet/model/fleet.js";
import type { HostType } from "../../../src/fleet/model/host.js";
import { createVmColumns } from "../../../src/fleet/model/vms.js";
import type {
  FleetEvent,
  FleetResult,
  FleetRun,
  FleetSeries,
  MigrationRecord,
} from "../../../src/fleet/run/result.js";

const MINUTE = 60e9;
const SECOND = 1e9;

/** How large a made-up run is. */
export interface SampleSize {
  readonly hosts: number;
  readonly vms: number;
  readonly migrations: number;
  readonly intervals: number;
}

const SMALL: SampleSize = { hosts: 10, vms: 40, migrations: 24, intervals: 96 };

const HOST_TYPE: HostType = {
  name: "r740",
  cores: 32,
  coreSpeed: 1,
  memoryBytes: 256 * 2 ** 30,
  diskBytes: Number.POSITIVE_INFINITY,
  nic: 1.25e9,
  power: { watts: [90, 280], sleepWatts: 8, sleepNs: 10 * SECOND, wakeNs: MINUTE },
  pricePerHour: 0.4,
};

const FLAVOUR: Flavour = {
  name: "m4",
  vcpus: 4,
  vcpuSpeed: 1,
  memoryBytes: 8 * 2 ** 30,
  memory: { zeroShare: 0.4, curve: [], workload: null },
  stateBytes: 2 ** 20,
  localDiskBytes: 0,
  diskWriteRate: 0,
  assignedDevices: [],
  networkSwitchMs: 50,
  move: { strategy: "pre-copy", options: {} },
  contract: null,
  pricePerHour: 0.1,
};

/** A fleet with nothing special about it. */
export function sampleFleet({ hosts, vms }: SampleSize = SMALL, name = "two sites"): Fleet {
  const half = Math.ceil(hosts / 2);
  return {
    name,
    providers: [{ name: "north", pricePerByteOut: 0, pricePerJoule: 1e-8 }],
    sites: [
      { name: "berlin", provider: 0 },
      { name: "oslo", provider: 0 },
    ],
    hosts: Array.from({ length: hosts }, (_, host) => ({
      name: `${host < half ? "b" : "o"}${String(host < half ? host : host - half).padStart(hosts > 100 ? 3 : 1, "0")}`,
      type: HOST_TYPE,
      site: host < half ? 0 : 1,
      rack: Math.floor(host / 20),
    })),
    topology: {
      links: [
        { name: "berlin-oslo", bandwidth: 1.25e9, latencyNs: 9e6 },
        { name: "oslo-berlin", bandwidth: 1.25e9, latencyNs: 9e6 },
      ],
      route: () => ({ links: [0], latencyNs: 9e6 }),
    },
    flavours: [FLAVOUR],
    demands: [{ kind: "constant", share: 0.5 }],
    vms: createVmColumns(vms, (vm) => `vm-${vm}`),
    groups: [],
    limits: { perSource: 2, perTarget: 2, total: 5 },
    costs: { sourceCpuSecondsPerGiB: 0.5, targetCpuSecondsPerGiB: 0.5 },
    faults: [],
    qualities: [],
    bootNs: 30 * SECOND,
    moves: [],
    exactVms: new Set(),
  };
}

/** A day of a data centre that puts hosts to sleep at night and loses one: made up, the same for equal sizes. */
export function sampleRun(size: SampleSize = SMALL, name?: string): FleetRun {
  const fleet = sampleFleet(size, name);
  const random = drawer(size.hosts * 31 + size.migrations);
  const intervalNs = (24 * 60 * MINUTE) / size.intervals;
  const endNs = intervalNs * size.intervals;
  const asleep = sleepers(size, endNs, random);
  const failed = { host: 1, from: 0.55 * endNs, until: 0.62 * endNs };
  const events = eventsOf(asleep, failed);
  const byHost = new Map<number, Absence[]>();
  for (const one of [...asleep, failed]) {
    byHost.set(one.host, [...(byHost.get(one.host) ?? []), one]);
  }
  const isOff = (host: number, at: number): boolean =>
    byHost.get(host)?.some(({ from, until }) => at >= from && at < until) ?? false;
  const series = seriesOf(size, intervalNs, isOff, random);
  const migrations = migrationsOf(size, endNs, isOff, random);
  for (const { startNs, bytes } of migrations) {
    const interval = Math.min(size.intervals - 1, Math.floor(startNs / intervalNs));
    series.migrations[interval] = (series.migrations[interval] ?? 0) + 1;
    series.bytes[interval] = (series.bytes[interval] ?? 0) + bytes;
  }
  const energyJoules = series.joules.reduce((sum, joules) => sum + joules, 0);
  const result: FleetResult = {
    profile: "godwit",
    seed: 7,
    endNs,
    vmsSeen: size.vms,
    migrations,
    events,
    refusals: Array.from({ length: Math.ceil(size.migrations / 3) }, (_, i) => ({
      vm: i % size.vms,
      host: i % 4 === 0 ? i % size.hosts : null,
      because:
        i % 4 === 0
          ? `${fleet.hosts[i % size.hosts]?.name} is overloaded, and nowhere is room for vm-${i % size.vms}`
          : `no host has room for vm-${i % size.vms} (${1 + (i % 3)} GiB missing)`,
      atNs: (i * endNs) / size.migrations,
    })),
    series,
    energyJoules,
    hostJoules: new Float64Array(size.hosts).fill(energyJoules / size.hosts),
    linkBytes: Float64Array.of(
      migrations.reduce((sum, { bytes }) => sum + bytes, 0),
      0,
    ),
    quality: {
      overloadedTimeShare: 0.0412,
      migrationLossShare: 0.0009,
      violation: 0.0412 * 0.0009,
      missingShare: 0.0123,
      downtimeNs: migrations.reduce((sum, { downtimeNs }) => sum + downtimeNs, 0),
      crashDowntimeNs: 95 * SECOND,
      brokenContracts: 3,
    },
    costs: { hosts: 91.2, energy: 14.7, traffic: 0.9, penalties: 2.25, income: 180 },
    vmHosts: new Int32Array(size.vms),
    steps: 12_345,
  };
  return { fleet, result };
}

interface Absence {
  readonly host: number;
  readonly from: number;
  readonly until: number;
}

/** A third of the hosts sleep at night, some of the others at noon. */
function sleepers({ hosts }: SampleSize, endNs: number, random: () => number): Absence[] {
  const absences: Absence[] = [];
  for (let host = 0; host < hosts; host++) {
    if (host === 1) continue;
    if (random() < 0.34) {
      absences.push({
        host,
        from: (0.02 + 0.08 * random()) * endNs,
        until: (0.24 + 0.1 * random()) * endNs,
      });
    }
    if (random() < 0.3)
      absences.push({ host, from: (0.86 + 0.1 * random()) * endNs, until: endNs });
  }
  return absences;
}

function eventsOf(asleep: readonly Absence[], failed: Absence): FleetEvent[] {
  const event = (atNs: number, kind: FleetEvent["kind"], host: number): FleetEvent => ({
    atNs,
    kind,
    vm: -1,
    host,
    because: kind === "host-asleep" ? "it is empty" : "",
  });
  const events = asleep.flatMap(({ host, from, until }) => [
    event(from, "host-asleep", host),
    event(until, "host-waking", host),
    event(until + MINUTE, "host-on", host),
  ]);
  events.push(event(failed.from, "host-failed", failed.host));
  events.push({ ...event(failed.from, "vm-lost", failed.host), vm: 3 });
  events.push(event(failed.until, "host-repaired", failed.host));
  return events.sort((a, b) => a.atNs - b.atNs);
}

function seriesOf(
  { hosts, intervals }: SampleSize,
  intervalNs: number,
  isOff: (host: number, at: number) => boolean,
  random: () => number,
): FleetSeries {
  const column = () => new Float64Array(intervals);
  const series = {
    intervalNs,
    length: intervals,
    activeHosts: column(),
    joules: column(),
    demanded: column(),
    granted: column(),
    migrations: column(),
    bytes: column(),
    utilisation: new Float32Array(hosts * intervals),
  };
  const mood = Array.from({ length: hosts }, () => random());
  for (let i = 0; i < intervals; i++) {
    const day = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / intervals);
    for (let host = 0; host < hosts; host++) {
      const isOn = !isOff(host, i * intervalNs);
      mood[host] = Math.min(1, Math.max(0, (mood[host] ?? 0) + 0.16 * (random() - 0.5)));
      const load = Math.min(1.1, 0.08 + 0.55 * day + 0.42 * (mood[host] ?? 0));
      series.utilisation[i * hosts + host] = isOn ? load : Number.NaN;
      if (!isOn) continue;
      series.activeHosts[i] = (series.activeHosts[i] ?? 0) + 1;
      series.joules[i] = (series.joules[i] ?? 0) + (90 + 190 * load) * (intervalNs / SECOND);
      const cpu = 32 * load * (intervalNs / SECOND);
      series.demanded[i] = (series.demanded[i] ?? 0) + cpu;
      series.granted[i] = (series.granted[i] ?? 0) + Math.min(cpu, 32 * (intervalNs / SECOND));
    }
  }
  return series;
}

const STRATEGIES = ["pre-copy", "pre-copy", "pre-copy", "hybrid", "post-copy"] as const;

function migrationsOf(
  { hosts, vms, migrations }: SampleSize,
  endNs: number,
  isOff: (host: number, at: number) => boolean,
  random: () => number,
): MigrationRecord[] {
  const pick = (count: number): number => Math.floor(random() * count);
  // A few hosts take the brunt, as in a consolidation.
  const hostOn = (at: number): number => {
    for (;;) {
      const host = Math.min(hosts - 1, Math.floor(hosts * random() * (0.4 + 0.6 * random())));
      if (!isOff(host, at) && !isOff(host, at + 2 * MINUTE)) return host;
    }
  };
  return Array.from({ length: migrations }, (_, i) => {
    const askedNs = Math.round(((i + random()) / migrations) * 0.94 * endNs);
    const startNs = askedNs + Math.round(random() * 20 * SECOND);
    const from = hostOn(startNs);
    let to = hostOn(startNs);
    if (to === from) to = (from + 2) % hosts;
    const strategy = STRATEGIES[pick(STRATEGIES.length)] ?? "pre-copy";
    const luck = random();
    const outcome: MigrationRecord["outcome"] =
      i % 40 === 11 ? "not-converged" : luck < 0.003 ? "failed" : "completed";
    const bytes = Math.round((2 + 9 * random()) * 2 ** 30);
    const scale = hosts < 50 ? 60 : 2;
    return {
      vm: pick(vms),
      from,
      to,
      strategy: outcome === "not-converged" ? "pre-copy" : strategy,
      askedBy: i % 3 === 0 ? "mad-mmt" : "consolidation",
      because: i % 3 === 0 ? `host ${from} is overloaded` : `host ${from} can be emptied`,
      askedNs,
      startNs,
      endNs: startNs + Math.round((bytes / 1.1e9) * scale * SECOND),
      downtimeNs: outcome === "completed" ? Math.round((20 + 400 * random() ** 6) * 1e6) : 0,
      lostNs: Math.round(random() * 2e9),
      bytes,
      rounds: 2 + pick(8),
      outcome,
      converged: strategy === "post-copy" ? null : outcome === "completed",
      reason: {
        completed: "few enough pages were left",
        "not-converged": `dirties ${400 + pick(90)} MiB/s, more than the link carries; 2.${pick(9)} Gbit/s would do`,
        failed: "the target failed",
        refused: "no room",
      }[outcome],
      trafficPrice: 0,
      isExact: false,
    };
  }).sort((a, b) => a.endNs - b.endNs);
}

/** A linear congruential generator: the sample is the same everywhere. */
function drawer(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
