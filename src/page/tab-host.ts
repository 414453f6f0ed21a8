import {
  answerOpened,
  answerRefused,
  bridge,
  type Channel,
  listenBroadcast,
  readOpen,
} from "../machine-browser.js";
import type { Demand } from "./abilities.js";
import { openWay, type WayIn } from "./way-in.js";
import type { Welcome } from "./welcome.js";

/** Starts the thread that a machine is to live in; answers why there is no room, or null. */
export type TakeMachine = (wayIn: WayIn) => string | null;

/** The tab as a host: takes in machines that others send. */
export class TabHost {
  readonly #welcome: Welcome;
  readonly #demand: Demand;
  readonly #take: TakeMachine;

  constructor(welcome: Welcome, demand: Demand, take: TakeMachine) {
    this.#welcome = welcome;
    this.#demand = demand;
    this.#take = take;
  }

  /** Listens for other tabs. */
  listen(address: string): void {
    const { token } = this.#welcome;
    void listenBroadcast(address, (channel) => this.accept(channel), { token });
  }

  /** A peer that has proved that it may speak: hears what it wants, and lets a machine's thread hear the rest. */
  async accept(channel: Channel): Promise<void> {
    const { version } = this.#welcome;
    try {
      const { purpose } = await readOpen(channel);
      if (purpose !== "move") return answerRefused(channel, "a tab only takes machines in");
      const { wayIn, channel: way } = openWay(this.#demand, channel.peer);
      const obstacle = this.#take(wayIn);
      if (obstacle !== null) return answerRefused(channel, obstacle);
      answerOpened(channel, { version });
      await bridge(channel, way);
    } catch {
      // A peer that says nothing sensible is cut off already.
    }
  }
}
