/**
 * How well VMs were served, after Beloglazov and Buyya (2012), section 4, from states that hold until the
 * next one. A state of the same instant replaces the one before, so each is counted when the next begins.
 */

/** What each VM got of what it wanted. */
export class VmService {
  readonly #since: Float64Array;
  readonly #allocated: Float64Array;
  readonly #requested: Float64Array;
  readonly #isMoving: Uint8Array;
  readonly #wasMoving: Uint8Array;
  readonly #movedAt: Float64Array;
  readonly #totalAllocated: Float64Array;
  readonly #totalRequested: Float64Array;
  readonly #lostToMoves: Float64Array;
  #violations = 0;
  #violationShares = 0;
  #moves = 0;
  #moveSeconds = 0;

  constructor(vms: number) {
    this.#since = new Float64Array(vms).fill(-1);
    this.#allocated = new Float64Array(vms);
    this.#requested = new Float64Array(vms);
    this.#isMoving = new Uint8Array(vms);
    this.#wasMoving = new Uint8Array(vms);
    this.#movedAt = new Float64Array(vms);
    this.#totalAllocated = new Float64Array(vms);
    this.#totalRequested = new Float64Array(vms);
    this.#lostToMoves = new Float64Array(vms);
  }

  /** From now on a VM gets `allocated` of `requested` MIPS. */
  state(vm: number, now: number, allocated: number, requested: number, isMoving: number): void {
    const since = this.#since[vm] as number;
    if (since !== now) {
      if (since !== -1) this.#settle(vm, now - since);
      this.#since[vm] = now;
    }
    this.#allocated[vm] = allocated;
    this.#requested[vm] = requested;
    this.#isMoving[vm] = isMoving;
  }

  #settle(vm: number, seconds: number): void {
    this.#settleMove(vm);
    const allocated = this.#allocated[vm] as number;
    const requested = this.#requested[vm] as number;
    this.#totalAllocated[vm] = (this.#totalAllocated[vm] as number) + allocated * seconds;
    this.#totalRequested[vm] = (this.#totalRequested[vm] as number) + requested * seconds;
    if (allocated >= requested) return;
    this.#violations += 1;
    this.#violationShares += (requested - allocated) / requested;
    if (this.#isMoving[vm] === 1) {
      const lost = (requested - allocated) * seconds;
      this.#lostToMoves[vm] = (this.#lostToMoves[vm] as number) + lost;
    }
  }

  #settleMove(vm: number): void {
    const isMoving = this.#isMoving[vm] as number;
    if (isMoving === this.#wasMoving[vm]) return;
    const since = this.#since[vm] as number;
    if (isMoving === 1) {
      this.#movedAt[vm] = since;
    } else {
      this.#moves += 1;
      this.#moveSeconds += since - (this.#movedAt[vm] as number);
    }
    this.#wasMoving[vm] = isMoving;
  }

  /** The last states last no time. */
  finish(): VmServiceReport {
    for (let vm = 0; vm < this.#since.length; vm++) this.#settleMove(vm);
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    const requested = sum(this.#totalRequested);
    return {
      migrationLossShare: sum(this.#lostToMoves) / requested,
      overallViolation: (requested - sum(this.#totalAllocated)) / requested,
      averageViolation: this.#violations === 0 ? 0 : this.#violationShares / this.#violations,
      meanSecondsInMigration: this.#moves === 0 ? null : this.#moveSeconds / this.#moves,
    };
  }
}

/** What became of all VMs. */
export interface VmServiceReport {
  readonly migrationLossShare: number;
  readonly overallViolation: number;
  readonly averageViolation: number;
  readonly meanSecondsInMigration: number | null;
}

/** When hosts were on, and when they had less than what was wanted. */
export class HostService {
  readonly #since: Float64Array;
  readonly #allocated: Float64Array;
  readonly #requested: Float64Array;
  readonly #isActive: Uint8Array;
  readonly #wasActive: Uint8Array;
  readonly #activeSince: Float64Array;
  #activeSeconds = 0;
  #violatedSeconds = 0;
  #shutdowns = 0;
  #secondsBeforeShutdown = 0;

  constructor(hosts: number) {
    this.#since = new Float64Array(hosts).fill(-1);
    this.#allocated = new Float64Array(hosts);
    this.#requested = new Float64Array(hosts);
    this.#isActive = new Uint8Array(hosts);
    // CloudSim takes a host to have been on before it is first seen.
    this.#wasActive = new Uint8Array(hosts).fill(1);
    this.#activeSince = new Float64Array(hosts);
  }

  /** Whether a host was and stays off, so that there is nothing to say of it. */
  isSettledOff(host: number): boolean {
    return this.#wasActive[host] === 0 && this.#isActive[host] === 0;
  }

  /** From now on a host gives `allocated` of `requested` MIPS; it is on if it gives any. */
  state(host: number, now: number, allocated: number, requested: number): void {
    const since = this.#since[host] as number;
    if (since !== now) {
      if (since !== -1) this.#settle(host, now - since);
      this.#since[host] = now;
    }
    this.#allocated[host] = allocated;
    this.#requested[host] = requested;
    this.#isActive[host] = allocated > 0 ? 1 : 0;
  }

  #settle(host: number, seconds: number): void {
    this.#settleSwitch(host);
    if (this.#isActive[host] !== 1) return;
    this.#activeSeconds += seconds;
    if ((this.#allocated[host] as number) < (this.#requested[host] as number)) {
      this.#violatedSeconds += seconds;
    }
  }

  #settleSwitch(host: number): void {
    const isActive = this.#isActive[host] as number;
    if (isActive === this.#wasActive[host] || this.#since[host] === -1) return;
    const since = this.#since[host] as number;
    if (isActive === 1) {
      this.#activeSince[host] = since;
    } else {
      this.#shutdowns += 1;
      this.#secondsBeforeShutdown += since - (this.#activeSince[host] as number);
    }
    this.#wasActive[host] = isActive;
  }

  /** The last states last no time. */
  finish(): HostServiceReport {
    for (let host = 0; host < this.#since.length; host++) this.#settleSwitch(host);
    const shutdowns = this.#shutdowns;
    return {
      overloadedTimeShare:
        this.#activeSeconds === 0 ? 0 : this.#violatedSeconds / this.#activeSeconds,
      hostShutdowns: shutdowns,
      meanSecondsBeforeShutdown: shutdowns === 0 ? null : this.#secondsBeforeShutdown / shutdowns,
    };
  }
}

/** What became of all hosts. */
export interface HostServiceReport {
  readonly overloadedTimeShare: number;
  readonly hostShutdowns: number;
  readonly meanSecondsBeforeShutdown: number | null;
}
