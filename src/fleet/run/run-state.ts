import type { Nanoseconds } from "../../units.js";
import { EventQueue } from "../../world/event-queue.js";
import type { Refusal } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";
import { HostLoad } from "./host-load.js";
import type { FleetEvent } from "./result.js";

/** What an event of the queue is about; its subject is named beside it. */
export const EVENT = {
  /** An interval is over; no subject. */
  tick: 0,
  /** A VM. */
  arrival: 1,
  departure: 2,
  boot: 3,
  /** A host. */
  asleep: 4,
  awake: 5,
  /** A fault, by its index in the fleet. */
  crash: 6,
  repair: 7,
  /** A quality, by its index in the fleet. */
  qualityStart: 8,
  qualityEnd: 9,
  /** A requested move, by its index in the fleet. */
  request: 10,
  /** A move under way, by its slot. */
  moveStep: 11,
} as const;

/** What a run is in the middle of, shared by those who change it. */
export class RunState {
  readonly fleet: Fleet;
  readonly load: HostLoad;
  readonly queue: EventQueue = new EventQueue();
  readonly events: FleetEvent[] = [];
  readonly refusals: (Refusal & { readonly atNs: Nanoseconds })[] = [];
  now: Nanoseconds = Number.NaN;
  /** Of each flavour. */
  readonly #memory: Float64Array;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    this.load = new HostLoad(fleet);
    this.now = 0;
    this.#memory = Float64Array.from(fleet.flavours, ({ memoryBytes }) => memoryBytes);
  }

  /** Keeps what happened. */
  tell(kind: FleetEvent["kind"], vm: number, host: number, because = ""): void {
    this.events.push({ atNs: this.now, kind, vm, host, because });
  }

  memoryOf(vm: number): number {
    return this.#memory[this.fleet.vms.flavour[vm] as number] as number;
  }
}
