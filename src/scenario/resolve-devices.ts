import { InvalidOptionError } from "../errors.js";
import type { FieldReader } from "./field-reader.js";
import { parseKeyValues } from "./key-values.js";
import {
  parseCount,
  parseRate,
  parseShare,
  parseSize,
  parseTime,
  parseWriteRate,
} from "./quantities.js";
import type { DeviceSpec, DiskSpec, NetworkSpec } from "./scenario.js";

/** Virtual and directly assigned devices; the default platform stands in when no virtual one is named. */
export function resolveDevices(fields: FieldReader): DeviceSpec[] {
  const devices = [
    ...fields.list("device").map((text) => virtualDevice(fields.nameOf("device"), text)),
    ...fields
      .list("passthrough")
      .map((text) => passthroughDevice(fields.nameOf("passthrough"), text)),
  ];
  const seen = new Set<string>();
  for (const { name, passthrough } of devices) {
    const option = fields.nameOf(passthrough ? "passthrough" : "device");
    if (seen.has(name))
      throw new InvalidOptionError(option, name, "a name of its own for each device");
    seen.add(name);
  }
  return devices;
}

function virtualDevice(option: string, text: string): DeviceSpec {
  const [name = "", size = "112KiB", ...rest] = text.split(":");
  if (!isDeviceName(name) || rest.length > 0)
    throw new InvalidOptionError(option, text, "NAME[:SIZE], such as virtio-net:112KiB");
  return { name, stateBytes: parseSize(option, size), passthrough: false, failover: null };
}

function passthroughDevice(option: string, text: string): DeviceSpec {
  const form = "NAME[,failover][,unplug=1s][,replug=1s][,degradation=0%]";
  const keys = ["unplug", "replug", "degradation"];
  const values = parseKeyValues(option, text, { words: 1, keys, marks: ["failover"], form });
  const name = values.words[0] ?? "";
  if (!isDeviceName(name)) throw new InvalidOptionError(option, text, form);
  const costs = keys.find((key) => values.get(key) !== undefined);
  const hasFailover = values.marks.has("failover");
  if (costs !== undefined && !hasFailover) {
    throw new InvalidOptionError(
      option,
      text,
      `${form}; ${costs} is only for a device with failover`,
    );
  }
  // Ours, round figures for ejecting a card and probing it again.
  const failover = {
    unplugNs: parseTime(`${option} (unplug)`, values.get("unplug") ?? "1s"),
    replugNs: parseTime(`${option} (replug)`, values.get("replug") ?? "1s"),
    degradation: parseShare(`${option} (degradation)`, values.get("degradation") ?? "0%"),
  };
  return { name, stateBytes: 0, passthrough: true, failover: hasFailover ? failover : null };
}

function isDeviceName(name: string): boolean {
  return /^[\w.:-]{1,64}$/.test(name);
}

/** The guest's disk. */
export function resolveDisk(fields: FieldReader): DiskSpec {
  const option = fields.nameOf("disk");
  const text = fields.text("disk");
  const form = "none, shared[,reconnect=5ms] or local:SIZE[,write-rate=10MB/s]";
  if (text === "none") return { kind: "none" };
  if (text === "shared" || text.startsWith("shared,")) {
    const values = parseKeyValues(option, text, { words: 1, keys: ["reconnect"], form });
    // Ours: a few round trips to reopen a volume that is already known.
    return {
      kind: "shared",
      reconnectNs: parseTime(`${option} (reconnect)`, values.get("reconnect") ?? "5ms"),
    };
  }
  if (!text.startsWith("local:")) throw new InvalidOptionError(option, text, form);
  const values = parseKeyValues(option, text.slice("local:".length), {
    words: 1,
    keys: ["write-rate"],
    form,
    shown: text,
  });
  const bytes = parseSize(option, values.words[0]);
  if (bytes === 0) throw new InvalidOptionError(option, text, "a local disk of more than 0 bytes");
  // As with memory, a guest is idle unless the scenario says otherwise.
  return {
    kind: "local",
    bytes,
    writeRate: parseRate(`${option} (write-rate)`, values.get("write-rate") ?? "0B/s"),
  };
}

/** How the guest's address moves. */
export function resolveNetwork(fields: FieldReader): NetworkSpec {
  const option = fields.nameOf("network");
  const text = fields.text("network");
  const kind = text.split(",", 1)[0];
  if (text === "none") return { kind: "none" };
  if (kind === "announce") return announcedNetwork(option, text);
  if (kind === "tunnel") return tunnelledNetwork(option, text);
  throw new InvalidOptionError(
    option,
    text,
    "announce[,packets=1000/s][,...], tunnel[,setup=10ms][,latency=1ms][,packets=1000/s] or none",
  );
}

function announcedNetwork(option: string, text: string): NetworkSpec {
  const keys = ["packets", "learning", "initial", "step", "max", "rounds"];
  const form = `announce[,KEY=VALUE...] with the keys ${keys.join(", ")}`;
  const values = parseKeyValues(option, text, { words: 1, keys, form });
  const time = (key: string, fallback: string) =>
    parseTime(`${option} (${key})`, values.get(key) ?? fallback);
  return {
    kind: "announce",
    // QEMU's announce-initial, -step, -max and -rounds.
    initialNs: time("initial", "50ms"),
    stepNs: time("step", "100ms"),
    maxNs: time("max", "550ms"),
    rounds: parseCount(`${option} (rounds)`, values.get("rounds") ?? "5", 1, 1000),
    // Ours: a switch learns from one frame; a millisecond covers slow ones.
    learningNs: time("learning", "1ms"),
    packetRate: parseWriteRate(`${option} (packets)`, values.get("packets") ?? "0/s"),
  };
}

function tunnelledNetwork(option: string, text: string): NetworkSpec {
  const keys = ["setup", "latency", "packets"];
  const form = "tunnel[,setup=10ms][,latency=1ms][,packets=1000/s]";
  const values = parseKeyValues(option, text, { words: 1, keys, form });
  return {
    kind: "tunnel",
    setupNs: parseTime(`${option} (setup)`, values.get("setup") ?? "10ms"),
    extraLatencyNs: parseTime(`${option} (latency)`, values.get("latency") ?? "1ms"),
    packetRate: parseWriteRate(`${option} (packets)`, values.get("packets") ?? "0/s"),
  };
}
