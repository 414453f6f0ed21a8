import { cloudHypervisor } from "./cloud-hypervisor.js";
import {
  kubevirt,
  kubevirtDowntimeLadder,
  kubevirtPause,
  kubevirtPostCopy,
  kubevirtStallDetector,
} from "./kubevirt.js";
import { novaAbort, novaPause, novaPostCopy } from "./nova.js";
import type { Platform } from "./platform.js";
import { proxmox } from "./proxmox.js";

/** A platform as it comes, or with what its operator may allow. */
export type PlatformName =
  | "kubevirt"
  | "kubevirt-post-copy"
  | "kubevirt-pause"
  | "kubevirt-stall-detector"
  | "kubevirt-downtime-ladder"
  | "nova"
  | "nova-force-complete"
  | "nova-post-copy"
  | "proxmox"
  | "cloud-hypervisor";

/** What platforms do with QEMU, by name. */
export const PLATFORMS: Readonly<Record<PlatformName, Platform>> = {
  kubevirt,
  "kubevirt-post-copy": kubevirtPostCopy,
  "kubevirt-pause": kubevirtPause,
  "kubevirt-stall-detector": kubevirtStallDetector,
  "kubevirt-downtime-ladder": kubevirtDowntimeLadder,
  nova: novaAbort,
  "nova-force-complete": novaPause,
  "nova-post-copy": novaPostCopy,
  proxmox,
  "cloud-hypervisor": cloudHypervisor,
};
