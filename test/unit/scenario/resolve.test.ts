import { describe, expect, test } from "vitest";
import { inputFor } from "../../../src/scenario/contradictions.js";
import { STRATEGIES } from "../../../src/scenario/field.js";
import type { ScenarioInput } from "../../../src/scenario/input.js";
import { contextWithoutFiles, resolveScenario } from "../../../src/scenario/resolve.js";
import type { Scenario } from "../../../src/scenario/scenario.js";

const WITH_FILES = {
  readPhases: () => [{ duration: "1s", workload: "idle" }],
  imageBytes: (path: string) =>
    path === "odd.ram" ? 4097 : path === "huge.ram" ? 2 ** 36 + 4096 : 2 ** 20,
  traceBytes: () => 2 ** 24,
};

function resolve(input: ScenarioInput): Scenario {
  return resolveScenario(input, WITH_FILES);
}

test("an empty scenario has every default", () => {
  expect(resolveScenario({}, contextWithoutFiles())).toMatchInlineSnapshot(`
    {
      "host": {
        "contention": 0,
        "guestCores": 1,
        "sourceCpuSecondsPerGiB": 0.25,
        "targetCpuSecondsPerGiB": 0.25,
      },
      "link": {
        "bandwidth": [
          {
            "atNs": 0,
            "rate": 1250000000,
          },
        ],
        "loss": 0,
        "otherTraffic": {
          "flows": 0,
          "rate": 0,
        },
        "outages": [],
        "roundTripNs": 200000,
        "timeoutNs": 10000000000,
      },
      "machine": {
        "bootNs": 20000000000,
        "compressibleShare": 0,
        "contents": {
          "kind": "statistical",
        },
        "cpuStateBytes": 65536,
        "devices": [
          {
            "failover": null,
            "name": "platform",
            "passthrough": false,
            "stateBytes": 114688,
          },
        ],
        "disk": {
          "kind": "none",
        },
        "memoryPages": 262144,
        "network": {
          "initialNs": 50000000,
          "kind": "announce",
          "learningNs": 1000000,
          "maxNs": 550000000,
          "packetRate": 0,
          "rounds": 5,
          "stepNs": 100000000,
        },
        "pauseNs": 1000000,
        "power": "suspended",
        "resumeNs": 5000000,
        "shutdownNs": 5000000000,
        "workload": [],
        "zeroShare": 0,
      },
      "migration": {
        "autoConverge": null,
        "dirtyThreshold": null,
        "downtimeLimitNs": null,
        "giveUpAfterNs": null,
        "maxBandwidth": null,
        "maxBytes": null,
        "maxRounds": null,
        "onNotConverged": null,
        "order": "address",
        "pivots": 7,
        "policy": "godwit",
        "prepaging": null,
        "skipDirty": false,
        "xbzrleCacheBytes": 0,
      },
      "seed": 1,
      "sla": null,
      "strategy": "pre-copy",
    }
  `);
});

describe("fields", () => {
  test("link presets, and what overrides them", () => {
    expect(resolve({ link: "wan-100m" }).link).toMatchObject({
      bandwidth: [{ atNs: 0, rate: 1.25e7 }],
      roundTripNs: 8e7,
      loss: 0.0001,
    });
    const given = { link: "wan-100m", bandwidth: "1Gbit/s", rtt: "1ms", loss: "0%" };
    expect(resolve(given).link).toMatchObject({
      bandwidth: [{ atNs: 0, rate: 1.25e8 }],
      roundTripNs: 1e6,
      loss: 0,
    });
  });

  test("a bandwidth that changes", () => {
    expect(resolve({ bandwidth: "10Gbit/s,1Gbit/s@30s,10Gbit/s@60s" }).link.bandwidth).toEqual([
      { atNs: 0, rate: 1.25e9 },
      { atNs: 3e10, rate: 1.25e8 },
      { atNs: 6e10, rate: 1.25e9 },
    ]);
  });

  test("other traffic and outages", () => {
    const { link } = resolve({ otherTraffic: "4Gbit/s,flows=3", outage: ["9s", "3s,for=500ms"] });
    expect(link.otherTraffic).toEqual({ rate: 5e8, flows: 3 });
    expect(link.outages).toEqual([
      { atNs: 3e9, durationNs: 5e8 },
      { atNs: 9e9, durationNs: Number.POSITIVE_INFINITY },
    ]);
  });

  test("devices, disk, network", () => {
    const { machine } = resolve({
      device: ["virtio-net:1MiB", "vga"],
      passthrough: "gpu0,failover,unplug=2s,degradation=25%",
      disk: "local:20GiB,write-rate=10MB/s",
      network: "tunnel,latency=2ms,packets=1000/s",
    });
    expect(machine.devices).toEqual([
      { name: "virtio-net", stateBytes: 2 ** 20, passthrough: false, failover: null },
      { name: "vga", stateBytes: 114_688, passthrough: false, failover: null },
      {
        name: "gpu0",
        stateBytes: 0,
        passthrough: true,
        failover: { unplugNs: 2e9, replugNs: 1e9, degradation: 0.25 },
      },
    ]);
    expect(machine.disk).toEqual({ kind: "local", bytes: 20 * 2 ** 30, writeRate: 1e7 });
    expect(machine.network).toEqual({
      kind: "tunnel",
      setupNs: 1e7,
      extraLatencyNs: 2e6,
      packetRate: 1000,
    });
    expect(resolve({ disk: "shared" }).machine.disk).toEqual({ kind: "shared", reconnectNs: 5e6 });
    expect(resolve({ passthrough: "gpu0" }).machine.devices).toMatchObject([
      { name: "platform" },
      { name: "gpu0", failover: null },
    ]);
  });

  test("migration switches", () => {
    const { migration } = resolve({
      policy: "qemu-7.2",
      maxBandwidth: "1Gbit/s",
      downtimeLimit: "300ms",
      maxRounds: 5,
      maxBytes: "3GiB",
      dirtyThreshold: "50",
      giveUpAfter: "1m",
      onNotConverged: "post-copy",
      xbzrle: true,
      xbzrleCache: "4096B",
      autoConverge: true,
      throttleInitial: 0.3,
      order: "cold-first",
      skipDirty: true,
      prepaging: "forward",
      pivots: 3,
    });
    expect(migration).toEqual({
      policy: "qemu-7.2",
      maxBandwidth: 1.25e8,
      downtimeLimitNs: 3e8,
      maxRounds: 5,
      maxBytes: 3 * 2 ** 30,
      dirtyThreshold: 50,
      giveUpAfterNs: 6e10,
      onNotConverged: "post-copy",
      xbzrleCacheBytes: 4096,
      autoConverge: { initial: 0.3, increment: 0.1, max: 0.99, trigger: 0.5 },
      order: "cold-first",
      skipDirty: true,
      prepaging: "forward",
      pivots: 3,
    });
  });

  test("contents bring their memory", () => {
    expect(resolve({ image: "a.ram" }).machine).toMatchObject({
      memoryPages: 256,
      contents: { kind: "image", path: "a.ram" },
    });
    expect(resolve({ image: "a.ram", memory: "1MiB" }).machine.memoryPages).toBe(256);
    const { machine } = resolve({ workload: "trace:t+uniform:wss=1MiB,rate=1/s" });
    expect(machine).toMatchObject({ memoryPages: 4096, contents: { kind: "trace", folder: "t" } });
  });

  test("a service level agreement", () => {
    expect(resolve({ sla: "downtime=0.5/s,degraded=0.01/s,free=100ms" }).sla).toEqual({
      freeDowntimeNs: 1e8,
      pricePerDowntimeSecond: 0.5,
      pricePerDegradedSecond: 0.01,
    });
  });
});

describe("refused", () => {
  test.each<[unknown, RegExp]>([
    [null, /^scenario: got "null"/],
    [[], /^scenario: got "an array"/],
    ["x", /^scenario: /],
    [{ memroy: "1GiB" }, /^memroy: got "1GiB", .*perhaps memory\?/],
    [{ zzzzzz: 1 }, /^zzzzzz: got 1, expected a field that exists/],
    [{ memory: 1024 }, /^memory: got 1024, .*the unit is missing/],
    [{ memory: { bytes: 1 } }, /^memory: got/],
    [{ xbzrle: "yes" }, /^xbzrle: .*true or false/],
    [{ device: [1] }, /^device: got "\[1\]"/],
    [{ strategy: "teleport" }, /^strategy: got "teleport", expected one of cold, stop-and-copy/],
    [{ policy: "kvm" }, /^policy: .*qemu-7.2/],
    [{ memory: "0B" }, /4096B to 16TiB/],
    [{ memory: "5000B" }, /multiple of 4096/],
    [{ memory: "17TiB" }, /16TiB/],
    [{ memory: "65GiB", contents: "generated" }, /at most 64GiB/],
    [{ zero: "60%", compressible: "60%" }, /compressible: .*leaves of 100%/],
    [{ seed: -1 }, /seed: .*0 to 4294967295/],
    [{ seed: 2 ** 32 }, /seed/],
    [{ seed: 1.5 }, /seed/],
    [{ bandwidth: "0bit/s" }, /above 0/],
    [{ bandwidth: "10Gbit/s@5s" }, /RATE@TIME/],
    [{ bandwidth: "10Gbit/s,1Gbit/s" }, /RATE@TIME/],
    [{ bandwidth: "10Gbit/s,1Gbit/s@3s,2Gbit/s@3s" }, /increase/],
    [{ bandwidth: "10Gbit/s,1Gbit/s@0s" }, /increase/],
    [{ bandwidth: "10Gbps" }, /bit\/s/],
    [{ loss: "100%" }, /below 100%/],
    [{ otherTraffic: "1Gbit/s,flows=0" }, /flows/],
    [{ otherTraffic: "1Gbit/s,lanes=2" }, /"lanes" is unknown/],
    [{ outage: "3s,for=0s" }, /above 0/],
    [{ outage: ["3s", "4s"] }, /do not overlap/],
    [{ outage: ["3s,for=2s", "4s"] }, /do not overlap/],
    [{ maxBandwidth: "0B/s" }, /more than 0/],
    [{ xbzrleCache: "64MiB" }, /no cache without xbzrle/],
    [{ xbzrle: false, xbzrleCache: "64MiB" }, /no cache without xbzrle/],
    [{ xbzrle: true, xbzrleCache: "3MiB" }, /power of two/],
    [{ xbzrle: true, xbzrleCache: "2048B" }, /power of two/],
    [{ throttleMax: "50%" }, /no throttle without autoConverge/],
    [{ autoConverge: true, throttleInitial: "100%" }, /1% to 99%/],
    [
      { autoConverge: true, throttleInitial: "50%", throttleMax: "40%" },
      /at most throttleMax \(40%\)/,
    ],
    [{ maxRounds: 0 }, /maxRounds: .*from 1 to 10000/],
    [{ maxRounds: 3, strategy: "cold" }, /no such option with cold/],
    [{ maxRounds: 3, strategy: "stop-and-copy" }, /stop-and-copy/],
    [{ maxRounds: 3, strategy: "post-copy" }, /post-copy/],
    [{ xbzrle: true, strategy: "post-copy" }, /xbzrle/],
    [{ autoConverge: true, strategy: "cold" }, /autoConverge/],
    [{ order: "cold-first", strategy: "stop-and-copy" }, /order/],
    [{ skipDirty: true, strategy: "post-copy" }, /skipDirty/],
    [{ pivots: 3 }, /unless with onNotConverged post-copy/],
    [{ prepaging: "none", strategy: "cold" }, /prepaging/],
    [{ prepaging: "none", pivots: 3, strategy: "post-copy" }, /no pivots/],
    [{ onNotConverged: "abort", strategy: "hybrid" }, /onNotConverged/],
    [{ power: "off" }, /no such option with pre-copy/],
    [{ strategy: "cold", boot: "9s" }, /without power off/],
    [{ image: "a.ram", workload: "trace:t" }, /no image with a trace/],
    [{ image: "a.ram", memory: "2MiB" }, /memory: got "2MiB", expected 1048576 bytes/],
    [{ image: "odd.ram" }, /4097 bytes/],
    [{ image: "huge.ram" }, /up to 64GiB/],
    [{ image: "" }, /path/],
    [{ image: "a.ram", zero: "10%" }, /zero: .*an image/],
    [{ image: "a.ram", contents: "generated" }, /contents/],
    [{ workload: "trace:t", compressible: "10%" }, /compressible: .*a trace/],
    [{ workload: "trace:t", memory: "1GiB" }, /16777216 bytes/],
    [{ workload: "trace:t", contents: "statistical" }, /contents/],
    [{ workload: "trace:t+trace:u" }, /at most one trace/],
    [{ device: "a:b:c" }, /NAME\[:SIZE\]/],
    [{ device: ["a", "a"] }, /a name of its own/],
    [{ device: "gpu0", passthrough: "gpu0" }, /passthrough: got "gpu0"/],
    [{ passthrough: "gpu0,unplug=1s" }, /only for a device with failover/],
    [{ passthrough: "" }, /missing/],
    [{ disk: "floppy" }, /none, shared/],
    [{ disk: "local" }, /none, shared/],
    [{ disk: "local:0B" }, /more than 0/],
    [{ disk: "shared,write-rate=1MB/s" }, /unknown/],
    [{ network: "carrier-pigeon" }, /announce/],
    [{ network: "none,packets=1/s" }, /announce/],
    [{ sla: "downtime=0.5/s" }, /degraded is missing/],
    [{ sla: "downtime=0.5,degraded=1/s" }, /price per second/],
    [{ guestCores: 0 }, /guestCores/],
    [{ contention: 2 }, /contention/],
    [{ cpuPerGib: "-1" }, /cpuPerGib/],
  ])("%j", (input, message) => {
    expect(() => resolve(input as ScenarioInput)).toThrow(message);
  });

  test("options are named as the caller wrote them", () => {
    const context = { ...WITH_FILES, nameOf: (field: string) => `--${field}` };
    expect(() => resolveScenario({ throttleMax: "50%" }, context)).toThrow(
      /^--throttleMax: .*without --autoConverge/,
    );
  });

  test("paths are refused where there are no files", () => {
    expect(() => resolveScenario({ image: "a.ram" }, contextWithoutFiles())).toThrow(/no file/);
  });
});

test("a comparison gives each strategy only its own options", () => {
  const input = {
    maxRounds: 3,
    pivots: 5,
    power: "off",
    boot: "9s",
    autoConverge: true,
    zero: "10%",
  };
  const resolved = STRATEGIES.map((strategy) => resolve(inputFor(strategy, input)));
  expect(resolved.map(({ strategy }) => strategy)).toEqual(STRATEGIES);
  expect(resolved.map(({ migration }) => migration.maxRounds)).toEqual([null, null, 3, null, 3]);
  expect(resolved.map(({ migration }) => migration.pivots)).toEqual([7, 7, 7, 5, 5]);
  expect(resolved.map(({ machine }) => machine.power)).toEqual([
    "off",
    ...Array(4).fill("suspended"),
  ]);
  expect(resolved.every(({ machine }) => machine.zeroShare === 0.1)).toBe(true);
});
