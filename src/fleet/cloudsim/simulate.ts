import { Random } from "../../world/random.js";
import { Consolidation } from "./consolidation.js";
import { DataCentre, GONE } from "./data-centre.js";
import { type CloudSimOptions, checkExperiment } from "./experiment.js";
import { placeAtFirst } from "./first-placement.js";
import { type CloudSimPolicy, checkPolicy, cloudSimPolicy, cloudSimPolicyName } from "./policy.js";
import type { CloudSimMigration, CloudSimResult } from "./result.js";
import { Traces } from "./traces.js";

/** When the VMs begin to work: CloudSim's shortest time between events after they were created. */
const START = 0.1;
const JOULES_PER_KWH = 3600 * 1000;

/**
 * Simulates a data centre by the rules of CloudSim 3.0.3, package `power`: VMs whose CPU demand follows
 * traces, on hosts with SPECpower tables, and one of the heuristics of Beloglazov and Buyya (2012). For
 * comparisons with published results: in this model a migration takes memory over half the target's card,
 * whatever else is on the network and whatever the guest writes, and has no downtime.
 *
 * @throws InvalidOptionError
 */
export function simulateCloudSim(options: CloudSimOptions): CloudSimResult {
  checkExperiment(options);
  const { policy } = options;
  const known = typeof policy === "string" ? cloudSimPolicy(policy) : checkPolicy(policy);
  return new Simulation(options, known).run();
}

class Simulation {
  readonly #options: CloudSimOptions;
  readonly #policy: CloudSimPolicy;
  readonly #interval: number;
  readonly #duration: number;
  readonly #centre: DataCentre;
  readonly #consolidation: Consolidation | null;
  /** Migrations on their way. */
  readonly #pending: CloudSimMigration[] = [];
  readonly #records: CloudSimMigration[] = [];
  readonly #looks: { seconds: number; active: number; joules: number; begun: number }[] = [];
  #lastLook = 0;
  #joules = 0;
  #sinceLook = 0;

  constructor(options: CloudSimOptions, policy: CloudSimPolicy) {
    const { intervalSeconds = 300, durationSeconds = 86_400, seed = 1 } = options;
    this.#options = options;
    this.#policy = policy;
    this.#interval = intervalSeconds;
    this.#duration = durationSeconds;
    const intervals = Math.ceil(durationSeconds / intervalSeconds);
    const traces = new Traces(options.utilisation, intervals, intervalSeconds);
    this.#centre = new DataCentre(options, traces);
    const random = new Random(seed).fork("selection");
    this.#consolidation =
      policy.kind === "consolidation"
        ? new Consolidation(
            this.#centre,
            policy.overload,
            policy.selection,
            intervalSeconds,
            (bound) => random.nextBelow(bound),
          )
        : null;
  }

  run(): CloudSimResult {
    placeAtFirst(this.#centre, this.#options, this.#policy);
    let now = START + this.#interval;
    while (now < this.#duration) {
      const hasWork = this.#look(now);
      if (!hasWork) break;
      now += this.#interval;
      this.#arriveUntil(Math.min(now, this.#duration));
    }
    return this.#result();
  }

  /** Looks, plans, begins migrations; answers whether any VM still wants anything. */
  #look(now: number): boolean {
    this.#account(now);
    const { requested, traces, hostOf } = this.#centre;
    // CloudSim keeps a value only where rounding lets this come out as a whole interval.
    const isKept = (now - START) % this.#interval === 0;
    if (isKept) traces.record();
    const hasWork = requested.some((mips, vm) => mips > 0 && (hostOf[vm] as number) >= 0);
    const active = this.#centre.activeHosts();
    const begun = this.#records.length;
    if (this.#consolidation !== null) {
      const moves = this.#consolidation.plan();
      this.#putArrivingFirst();
      for (const { vm, target } of moves) this.#begin(vm, target, now);
    }
    this.#looks.push({
      seconds: now,
      active,
      joules: this.#sinceLook,
      begun: this.#records.length - begun,
    });
    this.#sinceLook = 0;
    return hasWork;
  }

  /** Moves to an instant: energy since the last one, and a look at every host. Answers which of them lost a VM. */
  #account(now: number): Set<number> {
    const centre = this.#centre;
    centre.moveTo(now);
    centre.lookAtAll(now);
    const seconds = now - this.#lastLook;
    const joules =
      this.#policy.kind === "npa" ? this.#fullPower() * seconds : centre.joules(seconds);
    this.#joules += joules;
    this.#sinceLook += joules;
    this.#lastLook = now;
    return centre.removeIdle();
  }

  /** Watts of all hosts at full load. */
  #fullPower(): number {
    let watts = 0;
    for (let host = 0; host < this.#centre.hosts; host++) watts += this.#centre.pool.watts(host, 1);
    return watts;
  }

  #begin(vm: number, target: number, now: number): void {
    const { pool, hostOf } = this.#centre;
    const from = hostOf[vm] as number;
    const seconds = (pool.vmMemory[vm] as number) / (pool.migrationRate[target] as number);
    const record = { vm, from, to: target, startSeconds: now, endSeconds: now + seconds };
    this.#centre.begin(vm, target, now);
    this.#pending.push(record);
    this.#records.push(record);
  }

  /** Lets migrations arrive that end before `until`, those of one instant together. */
  #arriveUntil(until: number): void {
    // Sorting is stable: those of one instant arrive in the order in which they began.
    this.#pending.sort((a, b) => a.endSeconds - b.endSeconds);
    let next = this.#pending[0];
    while (next !== undefined && next.endSeconds < until) {
      const now = next.endSeconds;
      const changed = this.#account(now);
      while (next !== undefined && next.endSeconds === now) {
        const source = this.#centre.complete(next.vm, next.to);
        if (source !== GONE) changed.add(source);
        changed.add(next.to);
        this.#pending.shift();
        next = this.#pending[0];
      }
      this.#centre.lookAgain(changed, now);
      this.#centre.removeIdle();
    }
  }

  /** After a plan CloudSim puts its lists together again, VMs on their way first. */
  #putArrivingFirst(): void {
    const { arriving, vms } = this.#centre;
    for (const [host, coming] of arriving.entries()) {
      if (coming.length === 0) continue;
      const here = (vms[host] as number[]).filter((vm) => !coming.includes(vm));
      vms[host] = [...coming, ...here];
    }
  }

  #result(): CloudSimResult {
    const { vmService, hostService, hosts } = this.#centre;
    const vm = vmService.finish();
    const host = hostService.finish();
    const looks = this.#looks;
    return {
      policy: cloudSimPolicyName(this.#policy),
      hosts,
      vms: this.#options.vms.length,
      energyKwh: this.#joules / JOULES_PER_KWH,
      migrations: this.#records.length,
      ...host,
      ...vm,
      violation: host.overloadedTimeShare * vm.migrationLossShare,
      series: {
        seconds: Float64Array.from(looks, (look) => look.seconds),
        activeHosts: Uint32Array.from(looks, (look) => look.active),
        energyKwh: Float64Array.from(looks, (look) => look.joules / JOULES_PER_KWH),
        migrations: Uint32Array.from(looks, (look) => look.begun),
      },
      migrationRecords: this.#records,
    };
  }
}
