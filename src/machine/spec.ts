import type { Bytes, BytesPerSecond, Nanoseconds, Share } from "../units.js";

/** A device of the guest. */
export interface DeviceSpec {
  readonly name: string;
  readonly stateBytes: Bytes;
  /** A directly assigned physical device; it blocks live migration unless `failover` is set. */
  readonly passthrough: boolean;
  /** The guest has a virtual stand-in: unplug before the migration, plug in again at the target. */
  readonly failover: {
    readonly unplugNs: Nanoseconds;
    readonly replugNs: Nanoseconds;
    /** Speed the guest loses while it works on the stand-in. */
    readonly degradation: Share;
  } | null;
}

/** The guest's disk. */
export type DiskSpec =
  | { readonly kind: "none" }
  | { readonly kind: "shared"; readonly reconnectNs: Nanoseconds }
  | {
      readonly kind: "local";
      readonly bytes: Bytes;
      /** What the guest writes to the disk, uniformly over it. */
      readonly writeRate: BytesPerSecond;
    };

/** How the guest's address moves. */
export type NetworkSpec =
  | { readonly kind: "none" }
  | {
      /** One LAN: gratuitous ARP/RARP on QEMU's schedule. */
      readonly kind: "announce";
      readonly initialNs: Nanoseconds;
      readonly stepNs: Nanoseconds;
      readonly maxNs: Nanoseconds;
      readonly rounds: number;
      /** From a heard announcement until the switch forwards by it. */
      readonly learningNs: Nanoseconds;
      /** Packets per second for the guest. */
      readonly packetRate: number;
    }
  | {
      /** Across LANs: the old place forwards. */
      readonly kind: "tunnel";
      readonly setupNs: Nanoseconds;
      readonly extraLatencyNs: Nanoseconds;
      readonly packetRate: number;
    };

/** What belongs to a guest beside its memory. */
export interface MachineParts {
  readonly cpuStateBytes: Bytes;
  readonly devices: readonly DeviceSpec[];
  readonly disk: DiskSpec;
  readonly network: NetworkSpec;
  /** For cold: whether the guest is suspended (its memory moves) or off (it boots at the target). */
  readonly power: "suspended" | "off";
  readonly pauseNs: Nanoseconds;
  readonly resumeNs: Nanoseconds;
  /** For cold with power off: shutting down and booting. */
  readonly shutdownNs: Nanoseconds;
  readonly bootNs: Nanoseconds;
}
