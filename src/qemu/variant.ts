import { assert } from "../errors.js";

/** What a machine type decides about the format. QEMU keeps the wire stable per machine type, not per release. */
export interface WireVariant {
  /** The version in the machine's name, major and minor; null where it has none, as for `microvm`. */
  readonly version: readonly [number, number] | null;
  /**
   * Whether multifd channels send a SYNC for each section of the RAM (machine types up to 8.0) instead of
   * announcing it with MULTIFD_FLUSH.
   */
  readonly hasSyncPerSection: boolean;
  /** Whether zero pages are named in multifd packets instead of on the main channel (since 9.0). */
  readonly hasZerosInPackets: boolean;
  /** Whether the post-copy's second channel is there from the start (machine types up to 7.2). */
  readonly hasEarlyPreemptChannel: boolean;
  /** Whether the source says SWITCHOVER_START when it has stopped the guest (since 10.0). */
  readonly hasSwitchoverStart: boolean;
}

/** @param machineType - As in the stream's configuration; null where there is none, as up to 2.3. */
export function wireVariant(machineType: string | null): WireVariant {
  const version = versionOf(machineType);
  return {
    version,
    hasSyncPerSection: isUpTo(version, 8, 0),
    hasZerosInPackets: !isUpTo(version, 8, 2),
    hasEarlyPreemptChannel: isUpTo(version, 7, 2),
    hasSwitchoverStart: !isUpTo(version, 9, 2),
  };
}

function versionOf(machineType: string | null): [number, number] | null {
  const found = /-(\d{1,4})\.(\d{1,4})(\.\d+)?$/.exec(machineType ?? "");
  if (found === null) return machineType === null ? [2, 3] : null;
  const [, major, minor] = found;
  assert(major !== undefined && minor !== undefined, "a version has two numbers");
  return [Number(major), Number(minor)];
}

/** A machine without a version is taken for a new one. */
function isUpTo(version: readonly [number, number] | null, major: number, minor: number): boolean {
  if (version === null) return false;
  return version[0] < major || (version[0] === major && version[1] <= minor);
}
