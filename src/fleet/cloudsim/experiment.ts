import { InvalidOptionError } from "../../errors.js";
import type { Share } from "../../units.js";
import type { CloudSimPolicy } from "./policy.js";

/** A make of server, in CloudSim's units. */
export interface CloudSimHostType {
  readonly name: string;
  readonly cores: number;
  /** Million instructions per second of a core. Whole. */
  readonly mipsPerCore: number;
  readonly memoryMb: number;
  /** Of its network card, kbit/s; migrations get half of it. */
  readonly bandwidthKbps: number;
  /** Watts at 0, 10, ... 100 % utilisation, as SPECpower_ssj2008 publishes them. */
  readonly watts: readonly number[];
}

/** A size of VM, in CloudSim's units; it has one virtual CPU. */
export interface CloudSimVmType {
  readonly name: string;
  readonly mips: number;
  readonly memoryMb: number;
  readonly bandwidthKbps: number;
}

/** Servers, VMs and what they want. */
export interface CloudSimExperiment {
  readonly hostTypes: readonly CloudSimHostType[];
  /** Type of each host, as an index. The order of hosts decides ties. */
  readonly hosts: ArrayLike<number>;
  readonly vmTypes: readonly CloudSimVmType[];
  /** Type of each VM, as an index. The order of VMs matters: they are placed one after the other. */
  readonly vms: ArrayLike<number>;
  /** For each VM, the share of its MIPS that it wants at the beginning of each interval; linear in between. */
  readonly utilisation: ArrayLike<ArrayLike<Share>>;
  /** Between two looks of the controller. Default 300. */
  readonly intervalSeconds?: number;
  /** Default 86,400. */
  readonly durationSeconds?: number;
}

/** An experiment and what is done about it. */
export interface CloudSimOptions extends CloudSimExperiment {
  /** A name such as `lr-mmt-1.2` (see {@link cloudSimPolicy}), or what it stands for. */
  readonly policy: string | CloudSimPolicy;
  /** For random selection; CloudSim takes another one every time. Default 1. */
  readonly seed?: number;
}

/** Most hosts, VMs, intervals and values of all traces that are taken. */
const MOST = { hosts: 100_000, vms: 1_000_000, intervals: 100_000, values: 100_000_000 };

/** Refuses an experiment that cannot be simulated. @throws InvalidOptionError */
export function checkExperiment(options: CloudSimOptions): void {
  const { hostTypes, hosts, vmTypes, vms, utilisation } = options;
  const { intervalSeconds = 300, durationSeconds = 86_400 } = options;
  positive("intervalSeconds", intervalSeconds);
  positive("durationSeconds", durationSeconds);
  if (durationSeconds / intervalSeconds > MOST.intervals) {
    throw new InvalidOptionError("durationSeconds", durationSeconds, "at most 100,000 intervals");
  }
  const values = vms.length * (durationSeconds / intervalSeconds);
  if (values > MOST.values) {
    throw new InvalidOptionError("utilisation", values, `at most ${MOST.values} values in all`);
  }
  hostTypes.forEach(checkHostType);
  for (const [index, type] of vmTypes.entries()) {
    positive(`vmTypes[${index}].mips`, type.mips);
    positive(`vmTypes[${index}].memoryMb`, type.memoryMb);
    positive(`vmTypes[${index}].bandwidthKbps`, type.bandwidthKbps);
  }
  checkTypes("hosts", hosts, hostTypes.length, MOST.hosts);
  checkTypes("vms", vms, vmTypes.length, MOST.vms);
  if (utilisation.length !== vms.length) {
    throw new InvalidOptionError("utilisation", utilisation.length, `${vms.length} traces`);
  }
  for (let vm = 0; vm < utilisation.length; vm++) checkTrace(vm, utilisation[vm]);
}

function checkHostType(type: CloudSimHostType, index: number): void {
  for (const field of ["cores", "mipsPerCore", "memoryMb", "bandwidthKbps"] as const) {
    positive(`hostTypes[${index}].${field}`, type[field]);
  }
  if (!Number.isInteger(type.cores)) {
    throw new InvalidOptionError(`hostTypes[${index}].cores`, type.cores, "a whole number");
  }
  const isWatts = type.watts.length === 11 && type.watts.every((w) => Number.isFinite(w) && w >= 0);
  if (!isWatts) {
    throw new InvalidOptionError(`hostTypes[${index}].watts`, type.watts, "eleven numbers from 0");
  }
}

function checkTypes(option: string, types: ArrayLike<number>, count: number, most: number): void {
  if (types.length < 1 || types.length > most) {
    throw new InvalidOptionError(option, types.length, `1 to ${most} entries`);
  }
  for (let index = 0; index < types.length; index++) {
    const type = types[index] as number;
    if (!Number.isInteger(type) || type < 0 || type >= count) {
      throw new InvalidOptionError(`${option}[${index}]`, type, `a type from 0 to ${count - 1}`);
    }
  }
}

function checkTrace(vm: number, trace: ArrayLike<Share> | undefined): void {
  const length = trace?.length ?? 0;
  if (trace === undefined || length < 1 || length > MOST.intervals) {
    throw new InvalidOptionError(`utilisation[${vm}]`, length, "at least one value");
  }
  for (let index = 0; index < length; index++) {
    const share = trace[index] as number;
    if (!(share >= 0 && share <= 1)) {
      throw new InvalidOptionError(`utilisation[${vm}][${index}]`, share, "a share from 0 to 1");
    }
  }
}

function positive(option: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InvalidOptionError(option, value, "a number above 0");
  }
}
