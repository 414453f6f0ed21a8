import type { Bytes, BytesPerSecond } from "../../units.js";
import type { PowerTable } from "./power.js";

/** A make of server. */
export interface HostType {
  readonly name: string;
  readonly cores: number;
  /** Speed of a core, in reference cores: what a virtual CPU of speed 1 needs to run at full pace. */
  readonly coreSpeed: number;
  readonly memoryBytes: Bytes;
  /** Room for disks of VMs that are local to the host; Infinity: never the limit. */
  readonly diskBytes: Bytes;
  /** Each way of its network card. */
  readonly nic: BytesPerSecond;
  readonly power: PowerTable;
  /** Money per hour that it is on. */
  readonly pricePerHour: number;
}

/** A server of the data centre. */
export interface Host {
  readonly name: string;
  readonly type: HostType;
  /** Index of its site. */
  readonly site: number;
  /** Index of its rack, counted over all sites. */
  readonly rack: number;
}

/** A provider of servers, and what it asks for. */
export interface Provider {
  readonly name: string;
  /** Money per byte that leaves it for another provider. */
  readonly pricePerByteOut: number;
  /** Money per joule. */
  readonly pricePerJoule: number;
}

/** A place with hosts, of one provider. */
export interface Site {
  readonly name: string;
  /** Index of its provider. */
  readonly provider: number;
}

/** Computing power of a host, in reference cores. */
export function capacityOf({ cores, coreSpeed }: HostType): number {
  return cores * coreSpeed;
}
