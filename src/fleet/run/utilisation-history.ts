import type { Share } from "../../units.js";
import type { Fleet } from "../model/fleet.js";
import type { HostLoad } from "./host-load.js";

/** Demand over capacity of every host at the last looks, for controllers that judge by the past. */
export class UtilisationHistory {
  readonly #looks: Float64Array;
  readonly #hosts: number;
  readonly #length: number;
  #taken = 0;

  /** @param length - Looks that are kept. */
  constructor({ hosts }: Fleet, length: number) {
    this.#hosts = hosts.length;
    this.#length = length;
    this.#looks = new Float64Array(hosts.length * length);
  }

  /** Takes a look at every host. */
  look(load: HostLoad): void {
    const row = (this.#taken % this.#length) * this.#hosts;
    for (let host = 0; host < this.#hosts; host++) {
      this.#looks[row + host] = load.demandOf(host) / load.capacityOf(host);
    }
    this.#taken += 1;
  }

  /** The last looks at a host, the newest last. */
  of(host: number): Share[] {
    const known = Math.min(this.#taken, this.#length);
    return Array.from({ length: known }, (_, index) => {
      const row = (this.#taken - known + index) % this.#length;
      return this.#looks[row * this.#hosts + host] as number;
    });
  }
}
