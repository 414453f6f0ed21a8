import { type Nanoseconds, SECOND } from "../../units.js";
import type { HostLoad } from "./host-load.js";
import type { FleetSeries } from "./result.js";
import { total } from "./total.js";

/** What is summed over all hosts or all moves at the end of every interval. */
interface Totals {
  readonly joules: number;
  readonly activeNs: number;
  readonly demanded: number;
  readonly granted: number;
  readonly migrations: number;
  readonly bytes: number;
}

const NOTHING: Totals = {
  ...{ joules: 0, activeNs: 0, demanded: 0, granted: 0, migrations: 0, bytes: 0 },
};

/** Writes down, interval by interval, how a data centre was doing. */
export class SeriesRecorder {
  readonly #load: HostLoad;
  readonly #intervalNs: Nanoseconds;
  readonly #hosts: number;
  readonly #rows: Totals[] = [];
  #before = NOTHING;
  readonly #utilisation: Float32Array[] | null;
  /** Per host, at the end of the last interval. */
  readonly #grantedBefore: Float64Array;
  readonly #activeBefore: Float64Array;

  constructor(load: HostLoad, hosts: number, intervalNs: Nanoseconds, withUtilisation: boolean) {
    this.#load = load;
    this.#hosts = hosts;
    this.#intervalNs = intervalNs;
    this.#utilisation = withUtilisation ? [] : null;
    this.#grantedBefore = new Float64Array(hosts);
    this.#activeBefore = new Float64Array(hosts);
  }

  /** An interval ends; hosts are counted up to now. */
  endInterval(now: Nanoseconds, migrations: number, bytes: number): void {
    const load = this.#load;
    for (let host = 0; host < this.#hosts; host++) load.settle(host, now);
    const totals: Totals = {
      joules: total(load.joules),
      activeNs: total(load.activeNs),
      demanded: total(load.demandedCoreS),
      granted: total(load.grantedCoreS),
      ...{ migrations, bytes },
    };
    this.#rows.push(difference(totals, this.#before));
    this.#before = totals;
    this.#utilisation?.push(this.#utilisationRow());
  }

  series(): FleetSeries {
    const column = (of: (row: Totals) => number): Float64Array => Float64Array.from(this.#rows, of);
    return {
      intervalNs: this.#intervalNs,
      length: this.#rows.length,
      activeHosts: column(({ activeNs }) => activeNs / this.#intervalNs),
      joules: column(({ joules }) => joules),
      demanded: column(({ demanded }) => demanded),
      granted: column(({ granted }) => granted),
      migrations: column(({ migrations }) => migrations),
      bytes: column(({ bytes }) => bytes),
      utilisation: this.#utilisation && joined(this.#utilisation, this.#hosts),
    };
  }

  #utilisationRow(): Float32Array {
    const row = new Float32Array(this.#hosts);
    const load = this.#load;
    for (let host = 0; host < this.#hosts; host++) {
      const granted = load.grantedCoreS[host] as number;
      const active = load.activeNs[host] as number;
      const seconds = (active - (this.#activeBefore[host] as number)) / SECOND;
      const cores = (granted - (this.#grantedBefore[host] as number)) / seconds;
      row[host] = seconds > 0 ? cores / load.capacityOf(host) : Number.NaN;
      this.#grantedBefore[host] = granted;
      this.#activeBefore[host] = active;
    }
    return row;
  }
}

function joined(rows: readonly Float32Array[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) all.set(row, index * width);
  return all;
}

function difference(now: Totals, before: Totals): Totals {
  return {
    joules: now.joules - before.joules,
    activeNs: now.activeNs - before.activeNs,
    demanded: now.demanded - before.demanded,
    granted: now.granted - before.granted,
    migrations: now.migrations - before.migrations,
    bytes: now.bytes - before.bytes,
  };
}
