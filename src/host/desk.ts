import { randomUUID } from "node:crypto";
import { InvalidOptionError } from "../errors.js";
import type { MoveReport } from "../move/source.js";
import type { ControlRequest } from "./control-messages.js";
import type { Credentials } from "./credentials.js";
import type { HostLimits } from "./host-options.js";
import { HostedMachine, type MoveListener } from "./hosted-machine.js";
import { Machines } from "./machines.js";
import type { ThreadTask } from "./thread-messages.js";

/** A request of a type. */
export type RequestOf<T extends ControlRequest["type"]> = ControlRequest & { readonly type: T };

/** What happens at a host. */
export type HostEvent =
  | { readonly type: "started" | "stopped"; readonly name: string }
  | { readonly type: "arrived"; readonly name: string; readonly from: string }
  | { readonly type: "left"; readonly name: string; readonly to: string }
  /** A move that did not come about. */
  | { readonly type: "stayed"; readonly name: string; readonly reason: string }
  | { readonly type: "lost"; readonly name: string; readonly reason: string }
  /** A peer that may not speak, or a machine that may not come. */
  | { readonly type: "refused"; readonly peer: string; readonly reason: string };

/** What a desk knows of its host. */
export interface DeskOptions {
  readonly limits: HostLimits;
  readonly credentials: Credentials;
  readonly tell: (event: HostEvent) => void;
}

/** The machines of a host, and what is done with them. */
export class Desk {
  readonly machines: Machines;
  /** This run of the host; another one at the same address has another. */
  readonly incarnation: string = randomUUID();
  readonly tell: (event: HostEvent) => void;
  /** Where the host listens; known once it does. */
  addresses: readonly string[] = [];
  readonly #credentials: Credentials;

  constructor({ limits, credentials, tell }: DeskOptions) {
    this.machines = new Machines(limits);
    this.#credentials = credentials;
    this.tell = tell;
  }

  /** @throws InvalidOptionError when there is no room for it. */
  checkRoom({ name, machine }: RequestOf<"start">): void {
    this.machines.check({ name, ...machine });
  }

  /** Starts a machine; resolves when it runs. */
  async start(request: RequestOf<"start">, files: readonly Uint8Array[]): Promise<void> {
    const { name, machine } = request;
    const { kind, memoryBytes } = machine;
    const origin = { from: "start", machine, files } as const;
    await this.open({ name, memoryBytes, origin }, kind, null).begun;
    this.tell({ type: "started", name });
  }

  /**
   * Starts the thread of a machine, if there is room.
   *
   * @param cameFrom - The host that it comes from.
   */
  open(
    task: Omit<ThreadTask, "incarnation">,
    kind: string,
    cameFrom: string | null,
  ): HostedMachine {
    const { incarnation } = this;
    const { name, memoryBytes } = task;
    const machine = this.machines.admit(
      { name, kind, memoryBytes },
      () => new HostedMachine({ ...task, incarnation }, kind, cameFrom),
    );
    void machine.gone.then(() => {
      const { state, status } = machine;
      const reason = status.detail ?? "its thread ended";
      if (state === "lost") this.tell({ type: "lost", name, reason });
    });
    return machine;
  }

  /** Ends a machine. */
  async stop({ name, force }: RequestOf<"stop">): Promise<void> {
    const machine = this.machines.get(name);
    await machine.stop(force);
    this.machines.forget(machine);
    this.tell({ type: "stopped", name });
  }

  /** Moves a machine away. */
  async move(request: RequestOf<"move">, told: MoveListener): Promise<MoveReport> {
    const { name, to, strategy, settings } = request;
    const machine = this.machines.get(name);
    if (this.addresses.includes(to)) {
      throw new InvalidOptionError("to", to, "another host than the one that it runs on");
    }
    const credentials = this.#credentials;
    try {
      const [from = null] = this.addresses;
      const order = { moveId: randomUUID(), to, from, credentials, strategy, settings };
      const report = await machine.move(order, told);
      const { runningOn, reason } = report;
      if (runningOn === "target") this.tell({ type: "left", name, to });
      else this.tell({ type: "stayed", name, reason });
      return report;
    } catch (error) {
      this.tell({ type: "stayed", name, reason: (error as Error).message });
      throw error;
    }
  }
}
