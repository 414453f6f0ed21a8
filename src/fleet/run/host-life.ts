import type { Nanoseconds } from "../../units.js";
import type { Fault, Fleet, Quality } from "../model/fleet.js";
import type { Power } from "./host-load.js";
import { EVENT, type RunState } from "./run-state.js";

/** What happens to hosts: they sleep, wake, are closed, fail and are repaired. */
export class HostLife {
  readonly #state: RunState;
  readonly #closed = new Set<number>();
  /** When a host is expected to fail. */
  readonly #warnings: readonly Fault[];
  /** Faults that have happened. */
  readonly #over = new Set<Fault>();
  /** When a host has fallen asleep or woken up. */
  readonly #due = new Map<number, Nanoseconds>();
  /** Since when each host is doing what it does. */
  readonly #statusSince = new Map<number, Nanoseconds>();
  readonly #maintainedAt = new Map<number, Nanoseconds>();

  constructor(state: RunState) {
    this.#state = state;
    this.#warnings = state.fleet.faults.filter(({ warningNs }) => warningNs > 0);
  }

  /** Announces faults and episodes of quality. */
  begin(): void {
    const { queue, fleet } = this.#state;
    for (const [index, { atNs }] of fleet.faults.entries()) queue.push(atNs, EVENT.crash, index);
    for (const [index, { fromNs, untilNs }] of fleet.qualities.entries()) {
      queue.push(fromNs, EVENT.qualityStart, index);
      queue.push(untilNs, EVENT.qualityEnd, index);
    }
  }

  isClosed(host: number): boolean {
    return this.#closed.has(host);
  }

  /** Since when a host is doing what it does; 0: from the start. */
  statusSince(host: number): Nanoseconds {
    return this.#statusSince.get(host) ?? 0;
  }

  /** When a host was last put back in service; null: never. */
  maintainedAt(host: number): Nanoseconds | null {
    return this.#maintainedAt.get(host) ?? null;
  }

  /** When a host is expected to fail, as far as anybody knows now. */
  failsAt(host: number): Nanoseconds | null {
    const { now } = this.#state;
    const known = this.#warnings.filter(
      (fault) =>
        fault.host === host && !this.#over.has(fault) && now >= fault.atNs - fault.warningNs,
    );
    return known.length > 0 ? Math.min(...known.map(({ atNs }) => atNs)) : null;
  }

  close(host: number, because: string): void {
    this.#closed.add(host);
    this.#statusSince.set(host, this.#state.now);
    this.#state.tell("host-closed", -1, host, because);
  }

  open(host: number, because: string): void {
    this.#closed.delete(host);
    this.#statusSince.set(host, this.#state.now);
    this.#maintainedAt.set(host, this.#state.now);
    this.#state.tell("host-open", -1, host, because);
  }

  /** Puts an empty host to low power. The way there takes as much as being idle. */
  sleep(host: number, because: string): void {
    this.#change(host, "falling-asleep", this.#powerOf(host).sleepNs, EVENT.asleep);
    this.#state.tell("host-asleep", -1, host, because);
  }

  fellAsleep(host: number): void {
    if (this.#isDue(host)) this.#setPower(host, "asleep");
  }

  wake(host: number, because: string): void {
    const power = this.#state.load.powerOf(host);
    if (power !== "asleep" && power !== "falling-asleep") return;
    this.#change(host, "waking", this.#powerOf(host).wakeNs, EVENT.awake);
    this.#state.tell("host-waking", -1, host, because);
  }

  woke(host: number): void {
    if (!this.#isDue(host)) return;
    this.#setPower(host, "on");
    this.#state.tell("host-on", -1, host);
  }

  /** A host dies; its VMs must have been taken care of. */
  fail(fault: number): void {
    const { now, queue, fleet } = this.#state;
    const { host, repairNs } = fleet.faults[fault] as Fault;
    this.#over.add(fleet.faults[fault] as Fault);
    this.#due.delete(host);
    this.#setPower(host, "failed");
    queue.push(now + repairNs, EVENT.repair, fault);
    this.#state.tell("host-failed", -1, host);
  }

  repair(fault: number): void {
    const { load, fleet } = this.#state;
    const { host } = fleet.faults[fault] as Fault;
    if (load.powerOf(host) !== "failed") return;
    this.#setPower(host, "on");
    this.#state.tell("host-repaired", -1, host);
  }

  /** Quality of a provider's hosts from now on. */
  setQuality(index: number, begins: boolean): void {
    const { load, now, fleet } = this.#state;
    const { provider, cpuShare } = fleet.qualities[index] as Quality;
    for (const [host, { site }] of fleet.hosts.entries()) {
      if (fleet.sites[site]?.provider !== provider) continue;
      load.setQuality(host, begins ? cpuShare : 1, now);
    }
  }

  #change(host: number, power: Power, ns: Nanoseconds, event: number): void {
    const { now, queue } = this.#state;
    this.#setPower(host, power);
    this.#due.set(host, now + ns);
    queue.push(now + ns, event, host);
  }

  #setPower(host: number, power: Power): void {
    const { load, now } = this.#state;
    load.setPower(host, power, now);
    this.#statusSince.set(host, now);
  }

  /** Whether what was announced for a host is still to happen. */
  #isDue(host: number): boolean {
    const isDue = this.#due.get(host) === this.#state.now;
    if (isDue) this.#due.delete(host);
    return isDue;
  }

  #powerOf(host: number): Fleet["hosts"][number]["type"]["power"] {
    return (this.#state.fleet.hosts[host] as Fleet["hosts"][number]).type.power;
  }
}
