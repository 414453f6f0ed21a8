import { InvalidOptionError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import type { Bytes } from "../units.js";
import type { MachineStatus } from "./control-messages.js";
import type { HostLimits } from "./host-options.js";
import type { HostedMachine } from "./hosted-machine.js";

/** Machines that left are remembered, so that whoever asks for one learns where it went. */
const REMEMBERED = 1000;

/** What a host makes room for. */
export interface Wanted {
  readonly name: string;
  readonly kind: string;
  readonly memoryBytes: Bytes;
}

/** The machines of a host by name, within its limits. */
export class Machines {
  readonly #limits: HostLimits;
  readonly #here = new Map<string, HostedMachine>();
  readonly #wentTo = new Map<string, string>();
  #isClosed = false;

  constructor(limits: HostLimits) {
    this.#limits = limits;
  }

  /** What `ps` shows, by name. */
  get list(): MachineStatus[] {
    const machines = [...this.#here.values()].map((machine) => machine.status);
    return machines.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Lets no more in. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Makes room and starts what takes it.
   *
   * @throws InvalidOptionError when there is no room, or the name is taken.
   */
  admit(wanted: Wanted, start: () => HostedMachine): HostedMachine {
    this.check(wanted);
    const machine = start();
    this.#here.set(machine.name, machine);
    this.#wentTo.delete(machine.name);
    void machine.left.then(() => this.#forget(machine));
    return machine;
  }

  /** @throws InvalidOptionError when it is not here; where it went is said if it is known. */
  get(name: string): HostedMachine {
    const machine = this.#here.get(name);
    if (machine !== undefined) return machine;
    const place = this.#wentTo.get(name);
    const here = [...this.#here.keys()].sort().slice(0, 20).join(", ");
    const known = here === "" ? "none runs here" : `here are ${here}`;
    throw new InvalidOptionError(
      "name",
      name,
      place === undefined
        ? `a machine of this host; ${known}`
        : `a machine of this host; it moved to ${place}`,
    );
  }

  /** Those whose thread has not ended. */
  get running(): readonly HostedMachine[] {
    return [...this.#here.values()].filter(({ state }) => state !== "lost");
  }

  /** Forgets one that is lost. */
  forget(machine: HostedMachine): void {
    if (this.#here.get(machine.name) === machine) this.#here.delete(machine.name);
  }

  #forget(machine: HostedMachine): void {
    // One that is lost is shown until somebody has seen it and stops it.
    if (machine.state === "lost" || this.#here.get(machine.name) !== machine) return;
    this.#here.delete(machine.name);
    if (machine.movedTo === null) return;
    this.#wentTo.set(machine.name, machine.movedTo);
    const [oldest] = this.#wentTo.keys();
    if (this.#wentTo.size > REMEMBERED && oldest !== undefined) this.#wentTo.delete(oldest);
  }

  /** @throws InvalidOptionError when there is no room, or the name is taken. */
  check({ name, kind, memoryBytes }: Wanted): void {
    const { kinds, machines, machineBytes } = this.#limits;
    const used = this.running.reduce((sum, machine) => sum + machine.memoryBytes, 0);
    const free = this.#limits.memoryBytes - used;
    if (this.#isClosed) {
      throw new InvalidOptionError("name", name, "no machine any more; this host is about to end");
    }
    if (!kinds.includes(kind)) {
      throw new InvalidOptionError(
        "kind",
        kind,
        `one of the kinds that this host runs: ${kinds.join(", ")}`,
      );
    }
    if (this.#here.has(name)) {
      throw new InvalidOptionError("name", name, "a name that no machine of this host has");
    }
    if (this.#here.size >= machines) {
      throw new InvalidOptionError(
        "name",
        name,
        `no more machines; this host runs at most ${machines}`,
      );
    }
    if (memoryBytes > machineBytes) {
      const most = formatBytes(machineBytes);
      throw new InvalidOptionError(
        "memory",
        formatBytes(memoryBytes),
        `at most ${most} for one machine of this host`,
      );
    }
    if (memoryBytes > free) {
      const most = formatBytes(free);
      throw new InvalidOptionError(
        "memory",
        formatBytes(memoryBytes),
        `at most ${most}, which this host has left for machines`,
      );
    }
  }
}
