import type { StrategyName } from "../../migration/report.js";
import type { Action, Plan, Refusal } from "./plan.js";
import { type Party, Room, type RoomOptions } from "./room.js";
import type { HostStatus, Snapshot } from "./snapshot.js";

/**
 * A plan in the making. Whatever is added is first held against the snapshot and against what the plan promises
 * already; what cannot be is answered with the reason and changes nothing. So a plan made here is one that can
 * be carried out.
 */
export class Draft {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly room: Room;
  readonly #actions: Action[] = [];
  readonly #refusals: Refusal[] = [];
  /** Hosts that VMs were promised to, by VM. */
  readonly #targets = new Map<number, number>();
  readonly #promised = new Set<number>();
  readonly #status = new Map<number, HostStatus>();

  constructor(name: string, snapshot: Snapshot, options?: RoomOptions) {
    this.name = name;
    this.snapshot = snapshot;
    this.room = new Room(snapshot, options);
  }

  /** Why a VM, with those that must come along, cannot be moved at all; null: it can. */
  whyNotMovable(vm: number, strategy: StrategyName | null = null): string | null {
    for (const member of this.room.affinity.companions(vm)) {
      const why = this.#whyStuck(member, strategy);
      if (why !== null)
        return member === vm ? why : `${this.#vmName(member)} must come along: ${why}`;
    }
    return null;
  }

  /** Moves a VM and those that must come along. Answers why not, or null when it is planned. */
  move(
    vm: number,
    to: number,
    because: string,
    strategy: StrategyName | null = null,
  ): string | null {
    const state = this.snapshot.vm(vm);
    const stuck = this.whyNotMovable(vm, strategy);
    if (stuck !== null || state === undefined) return stuck;
    if (state.host === to) return `it is on ${this.#hostName(to)} already`;
    const party = this.room.party(state);
    const why = this.room.whyNot(party, to);
    if (why !== null) return why;
    this.#settle(party, to);
    for (const member of party.vms) {
      this.#actions.push({ kind: "move", vm: member, to, strategy, because });
    }
    return null;
  }

  /** Starts a VM that runs nowhere. */
  start(vm: number, on: number, because: string): string | null {
    const state = this.snapshot.vm(vm);
    if (state === undefined) return "there is no such VM";
    if (this.#targets.has(vm)) return "something else is planned for it";
    if (state.host >= 0 || state.isMigrating) return "it runs already";
    const party = this.room.party(state);
    const why = this.room.whyNot(party, on);
    if (why !== null) return why;
    this.#settle(party, on);
    this.#actions.push({ kind: "start", vm, on, because });
    return null;
  }

  /** Sends a host to sleep; it must have no VM, and none on the way. */
  sleep(host: number, because: string): string | null {
    const status = this.statusOf(host);
    const state = this.snapshot.hosts[host];
    if (status !== "on" || state === undefined) return `it is ${STATUS_WORDS[status]}`;
    const vms = state.vms.length + state.incoming.length;
    if (vms > 0 || this.#promised.has(host)) return "it has VMs, or some are on the way";
    return this.#turn(host, "asleep", { kind: "sleep", host, because });
  }

  /** Wakes a host; from then on VMs may be planned for it. */
  wake(host: number, because: string): string | null {
    const status = this.statusOf(host);
    if (status !== "asleep") return `it is ${STATUS_WORDS[status]}`;
    return this.#turn(host, "waking", { kind: "wake", host, because });
  }

  /** Wakes the first sleeping host that would have room for a party; null: there is none. */
  wakeFor(party: Party, because: string): number | null {
    for (const { host, failsAtNs } of this.snapshot.hosts) {
      if (failsAtNs !== null || this.statusOf(host) !== "asleep") continue;
      if (this.room.shortage(party, host) !== null) continue;
      if (this.wake(host, because) === null) return host;
    }
    return null;
  }

  /** Takes a host out of service. */
  close(host: number, because: string): string | null {
    const status = this.statusOf(host);
    if (status !== "on" && status !== "waking") return `it is ${STATUS_WORDS[status]}`;
    if (this.#promised.has(host)) return "VMs are planned for it";
    return this.#turn(host, "maintenance", { kind: "close", host, because });
  }

  /** Puts a host back in service. */
  open(host: number, because: string): string | null {
    const status = this.statusOf(host);
    if (status !== "maintenance") return `it is ${STATUS_WORDS[status]}`;
    return this.#turn(host, "on", { kind: "open", host, because });
  }

  /** Notes a wish that cannot be fulfilled. */
  refuse(vm: number | null, host: number | null, because: string): void {
    this.#refusals.push({ vm, host, because });
  }

  /** What a host is doing once the plan is begun. */
  statusOf(host: number): HostStatus {
    return this.#status.get(host) ?? this.snapshot.hosts[host]?.status ?? "failed";
  }

  /** Whether something is planned for a VM. */
  isPlanned(vm: number): boolean {
    return this.#targets.has(vm);
  }

  /** Where a VM is planned to go; undefined: nowhere. */
  targetOf(vm: number): number | undefined {
    return this.#targets.get(vm);
  }

  /** How many actions there are so far. */
  get length(): number {
    return this.#actions.length;
  }

  /** The plan as it is now. */
  plan(): Plan {
    return { controller: this.name, actions: [...this.#actions], refusals: [...this.#refusals] };
  }

  #settle(party: Party, host: number): void {
    this.room.put(party, host);
    this.#promised.add(host);
    for (const vm of party.vms) this.#targets.set(vm, host);
  }

  #turn(host: number, status: HostStatus, action: Action): string | null {
    if (this.#status.has(host)) return "something else is planned for it";
    this.#status.set(host, status);
    this.#actions.push(action);
    const { failsAtNs = null } = this.snapshot.hosts[host] ?? {};
    const closed = status === "asleep" ? "asleep" : status === "maintenance" ? "closed" : null;
    this.room.setClosed(host, closed ?? (failsAtNs === null ? null : "failing"));
    return null;
  }

  #whyStuck(vm: number, strategy: StrategyName | null): string | null {
    const state = this.snapshot.vm(vm);
    if (state === undefined) return "there is no such VM";
    if (state.isMigrating) return "it is moving already";
    if (this.#targets.has(vm)) return "a move of it is planned already";
    if (state.host < 0) return "it runs nowhere";
    const { flavours, vms } = this.snapshot.fleet;
    const flavour = flavours[vms.flavour[vm] ?? 0];
    const way = strategy ?? flavour?.move.strategy;
    const fixed = flavour?.assignedDevices.find(({ hasStandIn }) => !hasStandIn);
    if (fixed === undefined || way === "cold") return null;
    return `its device ${fixed.name} is assigned to it directly and has no stand-in, so it cannot move live`;
  }

  #hostName(host: number): string {
    return this.snapshot.fleet.hosts[host]?.name ?? `host ${host}`;
  }

  #vmName(vm: number): string {
    return this.snapshot.fleet.vms.name(vm);
  }
}

/** What a host is, after "it is". */
const STATUS_WORDS: Readonly<Record<HostStatus, string>> = {
  on: "on",
  asleep: "asleep",
  waking: "waking",
  maintenance: "closed for maintenance",
  failed: "out of order",
};
