import type { CloudSimExperiment } from "./experiment.js";

/** Share of its CPU that a VM loses while it moves, and that the target spends on it. */
const MIGRATION_SHARE = 0.1;
const REMAINING_SHARE = 0.9;

/** What does not change of hosts and VMs, column by column. */
export class HostPool {
  /** MIPS of a core, and of all cores. */
  readonly coreMips: Float64Array;
  readonly mips: Float64Array;
  /** MB per second that a migration to the host gets: half its card. */
  readonly migrationRate: Float64Array;
  readonly type: Uint32Array;
  /** The highest type. */
  readonly lastType: number;
  readonly vmMips: Float64Array;
  readonly vmMemory: Float64Array;
  readonly #watts: Float64Array;

  constructor({ hostTypes, hosts, vmTypes, vms }: CloudSimExperiment) {
    this.type = Uint32Array.from(hosts);
    this.lastType = hostTypes.length - 1;
    const column = (of: (index: number) => number): Float64Array =>
      Float64Array.from({ length: hosts.length }, (_, host) => of(hosts[host] as number));
    this.coreMips = column((type) => hostTypes[type]?.mipsPerCore ?? 0);
    this.mips = column((t) => (hostTypes[t]?.mipsPerCore ?? 0) * (hostTypes[t]?.cores ?? 0));
    this.migrationRate = column((type) => (hostTypes[type]?.bandwidthKbps ?? 0) / (2 * 8000));
    const types = Array.from(vms);
    this.vmMips = Float64Array.from(types, (type) => vmTypes[type]?.mips ?? 0);
    this.vmMemory = Float64Array.from(types, (type) => vmTypes[type]?.memoryMb ?? 0);
    this.#watts = Float64Array.from(hostTypes.flatMap(({ watts }) => [...watts]));
  }

  /** Watts at a utilisation from 0 to 1: straight lines between the points of the host's table. */
  watts(host: number, utilisation: number): number {
    const table = (this.type[host] as number) * 11;
    const below = Math.floor(utilisation * 10);
    const low = this.#watts[table + below] as number;
    const high = this.#watts[table + Math.ceil(utilisation * 10)] as number;
    return low + ((high - low) / 10) * (utilisation - below / 10) * 100;
  }
}

/** How a host's MIPS are shared out among its VMs. */
export class MipsShares {
  /** What each VM gets, in the order of the list. */
  allocated: Float64Array = new Float64Array(64);
  /** Whether each VM is still on its way to the host. */
  isArriving: Uint8Array = new Uint8Array(64);
  /** What is left. */
  available = 0;
  /** What all VMs want, whether a core can give it or not. */
  wanted = 0;
  /** What all VMs get, those on their way counted as if they were here. */
  used = 0;
  readonly #pool: HostPool;
  readonly #requested: Float64Array;
  readonly #isMoving: Uint8Array;

  constructor(pool: HostPool, requested: Float64Array, isMoving: Uint8Array) {
    this.#pool = pool;
    this.#requested = requested;
    this.#isMoving = isMoving;
  }

  /**
   * Shares a host out. Each VM gets what it wants up to a core; where that is too much for the host, all
   * get the same fraction, rounded down to whole MIPS.
   */
  shareOut(host: number, vms: readonly number[], arriving: readonly number[]): void {
    const core = this.#pool.coreMips[host] as number;
    let available = this.#pool.mips[host] as number;
    let isShort = false;
    let wanted = 0;
    if (vms.length > this.allocated.length) {
      this.allocated = new Float64Array(2 * vms.length);
      this.isArriving = new Uint8Array(2 * vms.length);
    }
    for (let index = 0; index < vms.length; index++) {
      const vm = vms[index] as number;
      const request = this.#requested[vm] as number;
      const capped = request > core ? core : request;
      const isArriving = arriving.length > 0 && arriving.includes(vm);
      wanted += request;
      // A VM that leaves still occupies all of what it wanted.
      const occupied = isArriving ? capped * MIGRATION_SHARE : capped;
      if (available >= occupied) {
        available -= occupied;
      } else {
        available = 0;
        isShort = true;
      }
      this.isArriving[index] = isArriving ? 1 : 0;
      this.allocated[index] = isArriving
        ? occupied
        : this.#isMoving[vm] === 1
          ? capped * REMAINING_SHARE
          : capped;
    }
    if (isShort) this.#scaleDown(host, vms);
    this.available = available;
    this.wanted = wanted;
    this.used = this.#sumUsed(vms.length);
  }

  #scaleDown(host: number, vms: readonly number[]): void {
    const core = this.#pool.coreMips[host] as number;
    let required = 0;
    for (let index = 0; index < vms.length; index++) {
      const capped = Math.min(this.#requested[vms[index] as number] as number, core);
      required += this.isArriving[index] === 1 ? capped * MIGRATION_SHARE : capped;
    }
    const scale = (this.#pool.mips[host] as number) / required;
    for (let index = 0; index < vms.length; index++) {
      const vm = vms[index] as number;
      const capped = Math.min(this.#requested[vm] as number, core);
      if (this.isArriving[index] === 1) {
        this.allocated[index] = Math.floor(capped * MIGRATION_SHARE * scale);
      } else {
        const scaled = capped * scale;
        this.allocated[index] = Math.floor(
          this.#isMoving[vm] === 1 ? scaled * REMAINING_SHARE : scaled,
        );
      }
    }
  }

  #sumUsed(count: number): number {
    let used = 0;
    for (let index = 0; index < count; index++) {
      const allocated = this.allocated[index] as number;
      if (this.isArriving[index] === 1) used += (allocated * REMAINING_SHARE) / MIGRATION_SHARE;
      used += allocated;
    }
    return used;
  }

  /** MIPS that the VM at a place of the list makes the host spend; a moving VM's loss is spent too. */
  spent(vms: readonly number[], index: number): number {
    const allocated = this.allocated[index] as number;
    const isLeaving = this.#isMoving[vms[index] as number] === 1 && this.isArriving[index] === 0;
    return isLeaving ? allocated / REMAINING_SHARE : allocated;
  }
}
