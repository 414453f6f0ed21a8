import {
  FrameStream,
  type MoveReport,
  moveMachine,
  openSession,
  type Redialled,
} from "../machine-browser.js";
import { dial } from "./dial.js";
import { isClosedTab } from "./tabs.js";
import type { WatchedMachine } from "./watched-machine.js";
import type { FromMachine, MoveOrder } from "./worker-messages.js";

/** The move of a machine away from here. */
export class Departure {
  readonly #abort = new AbortController();

  /** Gives it up, while that can be done. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * Moves the machine; answers how it went.
   *
   * @throws when it could not even begin, or nobody knows where the machine runs.
   */
  async run(
    machine: WatchedMachine,
    name: string,
    order: MoveOrder,
    tell: (tidings: FromMachine) => void,
  ): Promise<MoveReport> {
    const { to, token, version, strategy, verify } = order;
    const moveId = crypto.randomUUID();
    const channel = await dial(to, token);
    const memoryBytes = machine.memory.pageCount * 4096;
    const offered = { name, kind: machine.kind, memoryBytes };
    await openSession(channel, { version, purpose: "move", moveId, machine: offered });
    return moveMachine(machine, new FrameStream(channel), {
      ...{ name, moveId, strategy, verify: verify ? "memory" : "sent" },
      signal: this.#abort.signal,
      redial: () => redial(order, moveId),
      onRound: (round) => tell({ tells: "round", round }),
    });
  }
}

/** The connection was cut after the machine was handed over: only the other side knows whether it runs there. */
async function redial({ to, token, version }: MoveOrder, moveId: string): Promise<Redialled> {
  try {
    const channel = await dial(to, token);
    await openSession(channel, { version, purpose: "rejoin", moveId });
    return new FrameStream(channel);
  } catch {
    return (await isClosedTab(to)) ? "dead" : "away";
  }
}
