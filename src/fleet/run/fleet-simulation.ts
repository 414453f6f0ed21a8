import { AbortedError } from "../../errors.js";
import type { Bytes, Nanoseconds } from "../../units.js";
import type { Controller } from "../control/plan.js";
import type { Snapshot } from "../control/snapshot.js";
import type { Fleet } from "../model/fleet.js";
import { FlowNetwork } from "../network/flow-network.js";
import { carryOut } from "./carry-out.js";
import { HostLife } from "./host-life.js";
import { LookHistory } from "./look-history.js";
import { type FlowRules, MoveFlows } from "./move-flows.js";
import { type CreateMover, MoveRunner } from "./move-runner.js";
import { type PlaceArrivals, Population } from "./population.js";
import type { FleetResult } from "./result.js";
import { EVENT, RunState } from "./run-state.js";
import { SeriesRecorder } from "./series-recorder.js";
import { costsOf, type Outcome, qualityOf } from "./settlement.js";
import { type SnapshotSources, takeSnapshot } from "./take-snapshot.js";

/** Steps between two calls of `onProgress`. */
const STEPS_PER_PROGRESS = 4096;

/** How far a simulation is. */
export interface FleetProgress {
  readonly nowNs: Nanoseconds;
  /** Infinity: until nothing is left to happen. */
  readonly untilNs: Nanoseconds;
  readonly migrationsEnded: number;
  readonly migrationsRunning: number;
}

/** What a run is told, with every default filled in. */
export interface RunOptions {
  readonly profile: FleetResult["profile"];
  readonly seed: number;
  readonly untilNs: Nanoseconds;
  readonly intervalNs: Nanoseconds;
  readonly controllers: readonly Controller[];
  /** Looks that controllers may see. */
  readonly historyLength: number;
  readonly withUtilisation: boolean;
  readonly place: (snapshot: Snapshot) => PlaceArrivals;
  readonly createMover: (state: RunState) => CreateMover;
  readonly flows: FlowRules;
  readonly onProgress: ((progress: FleetProgress) => void | Promise<void>) | null;
  readonly signal: AbortSignal | null;
}

/** Runs a data centre through simulated time: whatever comes first happens next. */
export class FleetSimulation {
  readonly #options: RunOptions;
  readonly #state: RunState;
  readonly #network: FlowNetwork;
  readonly #flows: MoveFlows;
  readonly #moves: MoveRunner;
  readonly #population: Population;
  readonly #hosts: HostLife;
  readonly #series: SeriesRecorder;
  readonly #utilisation: LookHistory;
  readonly #violations: LookHistory;
  /** Since which look a host has nobody. */
  readonly #emptySince = new Map<number, Nanoseconds>();
  /** What every VM had lost at the last look. */
  readonly #lostBefore: Float64Array;
  #ticks = 0;
  #steps = 0;

  constructor(fleet: Fleet, options: RunOptions) {
    this.#options = options;
    this.#state = new RunState(fleet);
    const { links } = fleet.topology;
    const { flows } = options;
    this.#network = new FlowNetwork(links.map(({ bandwidth }) => bandwidth * flows.capacityShare));
    this.#hosts = new HostLife(this.#state);
    this.#population = new Population(this.#state);
    this.#flows = new MoveFlows(this.#state, this.#network, flows);
    this.#moves = new MoveRunner(this.#state, options.createMover(this.#state), this.#flows, {
      isClosed: (host) => this.#hosts.isClosed(host),
      lost: (vm) => this.#population.lose(vm, "its memory was on both hosts"),
    });
    const { load } = this.#state;
    const { intervalNs, withUtilisation, controllers, historyLength } = options;
    this.#series = new SeriesRecorder(load, fleet.hosts.length, intervalNs, withUtilisation);
    const isLookedAt = controllers.length > 0;
    const watched = isLookedAt ? fleet.vms.count : 0;
    this.#utilisation = new LookHistory(isLookedAt ? fleet.hosts.length : 0, historyLength);
    this.#violations = new LookHistory(watched, historyLength);
    this.#lostBefore = new Float64Array(watched);
  }

  async run(): Promise<FleetResult> {
    const { untilNs } = this.#options;
    this.#begin();
    await this.#moves.serve();
    for (;;) {
      const flowAt = this.#network.nextCompletion();
      const at = Math.min(flowAt, this.#state.queue.nextAt);
      if (at > untilNs || at === Number.POSITIVE_INFINITY || this.#isOver()) break;
      this.#state.now = at;
      const happening = flowAt <= at ? this.#endFlows(at) : this.#nextEvent();
      if (happening) await happening;
      const serving = this.#moves.serve();
      if (serving) await serving;
      this.#steps += 1;
      if (this.#steps % STEPS_PER_PROGRESS === 0) await this.#breathe();
    }
    if (untilNs !== Number.POSITIVE_INFINITY) this.#state.now = untilNs;
    return this.#end();
  }

  #begin(): void {
    const { queue, fleet } = this.#state;
    this.#hosts.begin();
    this.#population.begin(this.#placeArrivals());
    for (const [index, { atNs }] of fleet.moves.entries()) queue.push(atNs, EVENT.request, index);
    if (this.#options.controllers.length > 0) this.#control();
    queue.push(this.#options.intervalNs, EVENT.tick, 0);
  }

  #endFlows(now: Nanoseconds): void | Promise<void> {
    for (;;) {
      const flow = this.#network.complete(now);
      if (flow === null) return;
      const step = this.#moves.onFlowEnd(flow);
      if (step) return step.then(() => this.#endFlows(now));
    }
  }

  #nextEvent(): void | Promise<void> {
    const { queue } = this.#state;
    const { nextKind: kind, nextSubject: subject } = queue;
    queue.pop();
    switch (kind) {
      case EVENT.moveStep:
        return this.#moves.onTimer(subject);
      case EVENT.tick:
        return this.#tick();
      case EVENT.request:
        return this.#ask(subject);
      case EVENT.arrival:
        return this.#arrive(subject);
      case EVENT.departure:
        this.#moves.abort(subject, "the VM departed");
        return this.#population.depart(subject);
      case EVENT.boot:
        return this.#population.booted(subject);
      case EVENT.asleep:
        return this.#hosts.fellAsleep(subject);
      case EVENT.awake:
        this.#hosts.woke(subject);
        return this.#moves.lookAgain();
      case EVENT.crash:
        return this.#crash(subject);
      case EVENT.repair:
        this.#hosts.repair(subject);
        return this.#moves.lookAgain();
      case EVENT.qualityStart:
        return this.#hosts.setQuality(subject, true);
      default:
        return this.#hosts.setQuality(subject, false);
    }
  }

  #ask(index: number): void {
    const { fleet, now } = this.#state;
    const { vm, to } = fleet.moves[index] as Fleet["moves"][number];
    const [askedBy, because] = ["scenario", "asked for"];
    this.#moves.request({ vm, to, strategy: null, askedBy, because, askedNs: now });
  }

  /** A VM comes, and all others that come at the same instant. */
  #arrive(first: number): void {
    const { queue, now } = this.#state;
    const vms = [first];
    while (queue.nextAt === now && queue.nextKind === EVENT.arrival) {
      vms.push(queue.nextSubject);
      queue.pop();
    }
    this.#population.arrive(vms, this.#placeArrivals());
  }

  #crash(fault: number): void {
    const { fleet, load } = this.#state;
    const { host } = fleet.faults[fault] as Fleet["faults"][number];
    const { name } = fleet.hosts[host] as Fleet["hosts"][number];
    this.#moves.hostFailed(host, name);
    load.forEachVm(host, (vm) => this.#population.lose(vm, `host ${name} failed`));
    this.#population.abandonBoots(host);
    this.#hosts.fail(fault);
    this.#moves.lookAgain();
  }

  #tick(): void {
    const { queue } = this.#state;
    this.#series.endInterval(this.#state.now, this.#moves.started, this.#flows.bytesSent);
    this.#population.updateDemand();
    this.#population.placeWaiting(this.#placeArrivals());
    if (this.#options.controllers.length > 0) this.#control();
    this.#ticks += 1;
    queue.push((this.#ticks + 1) * this.#options.intervalNs, EVENT.tick, 0);
  }

  /** Whether, with no end given, nothing is left to happen but further looks. */
  #isOver(): boolean {
    const isEndless = this.#options.untilNs === Number.POSITIVE_INFINITY;
    return isEndless && this.#state.queue.length === 1 && this.#moves.running === 0;
  }

  /** Every controller looks at what the ones before it left, and acts. */
  #control(): void {
    this.#look();
    for (const controller of this.#options.controllers) {
      const plan = controller.decide(this.#snapshot());
      carryOut(plan, {
        ...{ state: this.#state, moves: this.#moves },
        ...{ population: this.#population, hosts: this.#hosts },
      });
    }
  }

  /** Notes how hosts and VMs are doing, for what controllers want to know of the past. */
  #look(): void {
    const { load, fleet, now } = this.#state;
    const { intervalNs } = this.#options;
    this.#utilisation.look((host) => load.demandOf(host) / load.capacityOf(host));
    this.#violations.look((vm) => {
      const lost = (load.lostNs[vm] as number) - (this.#lostBefore[vm] as number);
      return Math.min(1, Math.max(0, lost / intervalNs));
    });
    this.#lostBefore.set(load.lostNs);
    for (let host = 0; host < fleet.hosts.length; host++) {
      const isEmpty = !load.hasVms(host) && (load.usedBytes[host] as number) <= 0;
      if (!isEmpty) this.#emptySince.delete(host);
      else if (!this.#emptySince.has(host)) this.#emptySince.set(host, now);
    }
  }

  #snapshot(): Snapshot {
    const { intervalNs, historyLength } = this.#options;
    const waiting = this.#moves.queue.waiting;
    const incoming = this.#moves.incomingByHost();
    const migrating = new Set(this.#moves.movingVms);
    const promised = new Map<number, Bytes>();
    for (const { vm, to } of waiting) {
      migrating.add(vm);
      promised.set(to, (promised.get(to) ?? 0) + this.#state.memoryOf(vm));
      incoming.set(to, [...(incoming.get(to) ?? []), vm]);
    }
    const sources: SnapshotSources = {
      ...{ intervalNs, historyLength, incoming, promised, migrating },
      utilisation: this.#utilisation,
      violations: this.#violations,
      outgoing: this.#moves.outgoingByHost(),
      isPresent: (vm) => this.#population.isPresent(vm),
      isClosed: (host) => this.#hosts.isClosed(host),
      statusSince: (host) => this.#hosts.statusSince(host),
      emptySince: (host) => (incoming.has(host) ? null : (this.#emptySince.get(host) ?? null)),
      maintainedAt: (host) => this.#hosts.maintainedAt(host),
      failsAt: (host) => this.#hosts.failsAt(host),
      movedAt: (vm) => this.#moves.movedAt(vm),
    };
    return takeSnapshot(this.#state, sources);
  }

  /** Looks at the data centre only if somebody must be placed. */
  #placeArrivals(): PlaceArrivals {
    return (vms) => this.#options.place(this.#snapshot())(vms);
  }

  async #breathe(): Promise<void> {
    const { signal, onProgress, untilNs } = this.#options;
    await onProgress?.({
      ...{ nowNs: this.#state.now, untilNs },
      migrationsEnded: this.#moves.records.length,
      migrationsRunning: this.#moves.running,
    });
    if (signal?.aborted) throw new AbortedError("the simulation was aborted");
  }

  #end(): FleetResult {
    const { fleet, load, now } = this.#state;
    const { profile, seed } = this.#options;
    this.#moves.finish();
    this.#population.finish();
    for (let host = 0; host < fleet.hosts.length; host++) load.settle(host, now);
    const records = this.#moves.records;
    const outcome: Outcome = {
      ...{ fleet, load, endNs: now, records },
      crashDowntimeNs: this.#population.crashDowntimeNs,
      lossCoreS: this.#moves.lossCoreS,
    };
    return {
      ...{ profile, seed, endNs: now, vmsSeen: this.#population.seen, migrations: records },
      events: this.#state.events,
      refusals: this.#state.refusals,
      series: this.#series.series(),
      energyJoules: load.joules.reduce((sum, joules) => sum + joules, 0),
      hostJoules: load.joules,
      linkBytes: Float64Array.from(fleet.topology.links, (_, link) =>
        this.#network.carried(link, now),
      ),
      quality: qualityOf(outcome),
      costs: costsOf(outcome),
      vmHosts: load.hostOf,
      steps: this.#steps,
    };
  }
}
