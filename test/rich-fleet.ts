import type { FleetInput } from "../src/fleet.js";

/**
 * A small data centre in which much happens: two sites with a WAN between them, VMs that come and go, a host
 * that fails with a warning and some at random, hot spots, a rolling drain's worth of moves, post-copy, hybrid
 * and a disk that moves along, and one VM whose moves are simulated to the page.
 */
export const RICH_FLEET: FleetInput = {
  name: "rich",
  until: "6h",
  interval: "5m",
  seed: 7,
  outputs: ["utilisation"],
  providers: {
    near: { trafficPricePerGb: 0.02, energyPricePerKwh: 0.2 },
    far: { energyPricePerKwh: 0.1, quality: [{ from: "2h", until: "4h", cpu: "50%" }] },
  },
  sites: { basel: { provider: "near" }, oslo: { provider: "far" } },
  hostTypes: {
    server: {
      ...{ cores: 16, coreSpeed: 1, memory: "96GiB", disk: "2TB", nic: "10Gbit/s" },
      ...{ power: { idle: 90, max: 260, asleep: 8, sleepTime: "10s", wakeTime: "90s" } },
      pricePerHour: 0.5,
    },
  },
  hosts: [
    { name: "b{}", count: 6, type: "server", site: "basel", rackSize: 3 },
    { name: "o{}", count: 4, type: "server", site: "oslo" },
  ],
  network: {
    ...{ kind: "racks", oversubscription: 3 },
    wan: { between: ["basel", "oslo"], bandwidth: "2Gbit/s", latency: "12ms" },
  },
  flavours: {
    web: {
      ...{ vcpus: 2, memory: "4GiB", zero: "40%", downtimeLimit: "200ms", pricePerHour: 0.05 },
      ...{ workload: "hot-set:wss=512MiB,rate=9k/s", network: "announce,packets=500/s" },
      contract: { availability: "99%", pricePerDowntimeSecond: 0.01 },
    },
    cache: {
      ...{ vcpus: 4, memory: "12GiB", zero: "10%", strategy: "post-copy" },
      workload: "uniform:wss=4GiB,rate=150k/s",
    },
    database: {
      ...{ vcpus: 4, memory: "16GiB", strategy: "hybrid", maxRounds: 2 },
      workload: "sequential:wss=1GiB,rate=40k/s+uniform:wss=2GiB,rate=20k/s",
    },
    archive: {
      ...{ vcpus: 1, memory: "2GiB", policy: "qemu-7.2", disk: "local:8GiB,write-rate=2MB/s" },
      workload: "uniform:wss=128MiB,rate=2k/s",
    },
    greedy: {
      ...{ vcpus: 2, memory: "8GiB", workload: "uniform:wss=6GiB,rate=900k/s" },
      ...{ autoConverge: true, onNotConverged: "stop" },
    },
  },
  vms: [
    {
      ...{ name: "web", count: 40, flavour: "web", placement: { site: "basel", by: "first-fit" } },
      demand: { low: "10%..20%", high: "60%..100%", peak: "3h..5h" },
    },
    { name: "cache", count: 6, flavour: "cache", demand: "20%..90%" },
    {
      ...{ name: "db", count: 4, flavour: "database", demand: "30%..70%", placement: ["b4", "b5"] },
      affinity: { rule: "apart", within: "host", sets: 2 },
    },
    { name: "archive", count: 4, flavour: "archive", demand: "5%", placement: "o1" },
    { name: "greedy", count: 2, flavour: "greedy", demand: "100%", placement: "b5" },
    {
      ...{ name: "job", flavour: "web", demand: "80%" },
      ...{ arrivals: { every: "8m" }, lifetime: { mean: "1h", distribution: "pareto" } },
    },
  ],
  exact: ["web0", "cache1"],
  moves: [
    { vm: "web0", to: "o0", at: "90s" },
    { vm: "cache1", to: "b3", at: "95s" },
    { vm: ["archive0", "archive1"], to: ["b0", "b1"], at: "20m", every: "10s" },
    { vm: "greedy0", to: "o2", at: "30m" },
  ],
  faults: [
    { host: "b2", at: "3h", warning: "15m", repair: "1h" },
    { host: "o0..o3", every: "12h", repair: "30m" },
  ],
  limits: { perSource: 2, perTarget: 3, total: 8 },
  controllers: ["load-balancing", "hot-spots", "fault-tolerance"],
};
