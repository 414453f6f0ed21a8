import { SimulatedMachine } from "../src/machine/simulated-machine.js";
import type { MachineParts } from "../src/machine/spec.js";
import { PageStore } from "../src/memory/byte-memory.js";
import type { RecordedTrace } from "../src/memory/recorded-trace.js";
import { migrate } from "../src/migration/migrate.js";
import type { MigrateOptions } from "../src/migration/options.js";
import type { MigrationReport, StrategyName } from "../src/migration/report.js";
import { strategies } from "../src/migration/strategies.js";
import type { WorkloadSpec } from "../src/workload/spec.js";
import { Workload } from "../src/workload/workload.js";
import { SimulatedClock } from "../src/world/clock.js";
import { Random } from "../src/world/random.js";
import { SimulatedLink, type SimulatedLinkOptions } from "../src/world/simulated-link.js";

/** The five strategies. */
export const STRATEGIES: readonly StrategyName[] = [
  "cold",
  "stop-and-copy",
  "pre-copy",
  "post-copy",
  "hybrid",
];

/** A small guest's other parts: 64 KiB of CPU, one device, no disk, no network. */
export const PARTS: MachineParts = {
  cpuStateBytes: 65_536,
  devices: [{ name: "platform", stateBytes: 114_688, passthrough: false, failover: null }],
  disk: { kind: "none" },
  network: { kind: "none" },
  power: "suspended",
  pauseNs: 1_000_000,
  resumeNs: 5_000_000,
  shutdownNs: 5_000_000_000,
  bootNs: 20_000_000_000,
};

/** 10 Gbit/s, 200 us, nothing else. */
export const LAN: SimulatedLinkOptions = {
  bandwidth: [{ atNs: 0, rate: 1.25e9 }],
  roundTripNs: 200_000,
  loss: 0,
  otherTraffic: { rate: 0, flows: 0 },
  outages: [],
  timeoutNs: 10_000_000_000,
};

/** What a test wants to be different. */
export interface Scene {
  readonly pages?: number;
  readonly workload?: readonly WorkloadSpec[];
  readonly parts?: Partial<MachineParts>;
  readonly link?: Partial<SimulatedLinkOptions>;
  readonly options?: MigrateOptions;
  readonly seed?: number;
  /** Guest with bytes: random ones, or a trace's. */
  readonly contents?: "bytes" | RecordedTrace;
}

/** A machine and a link, ready to migrate. */
export function stage(scene: Scene): {
  machine: SimulatedMachine;
  link: SimulatedLink;
  store: PageStore | null;
} {
  const clock = new SimulatedClock();
  const link = new SimulatedLink(clock, { ...LAN, ...scene.link });
  const random = new Random(scene.seed ?? 1);
  const trace = typeof scene.contents === "object" ? scene.contents : undefined;
  const pageCount = trace?.pageCount ?? scene.pages ?? 4096;
  const store = scene.contents ? new PageStore(pageCount) : null;
  if (trace) store?.write(0, trace.base);
  else
    for (const shard of store?.shards ?? [])
      shard.fill(
        shard.firstPage,
        Math.ceil(shard.pageCount / 2),
        "random",
        random.fork("fill").state,
      );
  const workload = new Workload(scene.workload ?? [], {
    random: random.fork("workload"),
    hasContents: store !== null,
    trace,
  });
  const machine = new SimulatedMachine(clock, {
    pageCount,
    workload,
    parts: { ...PARTS, ...scene.parts },
    store,
    writeState: random.fork("bytes").state,
  });
  return { machine, link, store };
}

/** Stages a scene and migrates. */
export async function play(
  strategy: StrategyName,
  scene: Scene,
): Promise<{ report: MigrationReport; machine: SimulatedMachine; link: SimulatedLink }> {
  const { machine, link } = stage(scene);
  const options = { seed: scene.seed ?? 1, ...scene.options };
  const report = await migrate(strategies[strategy], machine, link, options, null);
  return { report, machine, link };
}
