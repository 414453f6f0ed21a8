import { InvalidOptionError } from "../../errors.js";
import type { CloudSimExperiment, CloudSimHostType, CloudSimVmType } from "./experiment.js";
import { folderOrder } from "./folder-order.js";

/** The servers of the paper: HP ProLiant ML110 G4 (Xeon 3040) and G5 (Xeon 3075), watts of SPECpower_ssj2008. */
export const PLANETLAB_HOST_TYPES: readonly CloudSimHostType[] = [
  {
    name: "HP ProLiant ML110 G4",
    cores: 2,
    mipsPerCore: 1860,
    memoryMb: 4096,
    bandwidthKbps: 1_000_000,
    watts: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
  },
  {
    name: "HP ProLiant ML110 G5",
    cores: 2,
    mipsPerCore: 2660,
    memoryMb: 4096,
    bandwidthKbps: 1_000_000,
    watts: [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135],
  },
];

/** The VMs of the paper, after Amazon EC2 with half the memory. */
export const PLANETLAB_VM_TYPES: readonly CloudSimVmType[] = [
  { name: "high-CPU medium", mips: 2500, memoryMb: 870, bandwidthKbps: 100_000 },
  { name: "extra large", mips: 2000, memoryMb: 1740, bandwidthKbps: 100_000 },
  { name: "small", mips: 1000, memoryMb: 1740, bandwidthKbps: 100_000 },
  { name: "micro", mips: 500, memoryMb: 613, bandwidthKbps: 100_000 },
];

/** How to read a day of PlanetLab. */
export interface PlanetLabOptions {
  /** Default 800. */
  readonly hosts?: number;
  /**
   * Names of the traces' files, one a row. CloudSim takes traces in the order in which the file system lists
   * their folder, and the order says which VM has which trace; with names they are put into the order of
   * {@link folderOrder}, without they are taken as they come. It matters: on 2011-03-03, LR-MMT 1.2 takes
   * 167.8 kWh in the one order and 163.5 kWh in that of the alphabet.
   */
  readonly names?: readonly string[];
}

/**
 * The experiment of Beloglazov and Buyya (2012), as CloudSim's examples set it up: 800 hosts, half of them
 * of each type in turn, and a VM for each trace; the first quarter of the VMs is of the first type, and so on.
 *
 * @param percentages - For each VM its CPU utilisation in percent, every 300 s (288 for a day).
 * @throws InvalidOptionError
 */
export function planetLabExperiment(
  percentages: ArrayLike<ArrayLike<number>>,
  { hosts = 800, names }: PlanetLabOptions = {},
): CloudSimExperiment {
  const count = percentages.length;
  if (!Number.isInteger(hosts) || hosts < 1) {
    throw new InvalidOptionError("hosts", hosts, "a whole number from 1");
  }
  if (names !== undefined && names.length !== count) {
    throw new InvalidOptionError("names", names.length, `${count} names`);
  }
  const order =
    names === undefined ? Array.from({ length: count }, (_, k) => k) : folderOrder(names);
  const perType = Math.ceil(count / PLANETLAB_VM_TYPES.length);
  return {
    hostTypes: PLANETLAB_HOST_TYPES,
    hosts: Uint32Array.from({ length: hosts }, (_, host) => host % PLANETLAB_HOST_TYPES.length),
    vmTypes: PLANETLAB_VM_TYPES,
    vms: Uint32Array.from({ length: count }, (_, vm) => Math.floor(vm / perType)),
    utilisation: order.map((row) => sharesOf(percentages[row] as ArrayLike<number>)),
  };
}

function sharesOf(percentages: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(percentages.length);
  for (let index = 0; index < shares.length; index++) {
    shares[index] = (percentages[index] as number) / 100;
  }
  return shares;
}
