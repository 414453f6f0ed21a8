import { InvalidOptionError } from "../../errors.js";
import type { Host, HostType } from "../model/host.js";
import { MOST } from "./bounds.js";
import type { HostGroupInput } from "./input.js";
import { NameBook } from "./names.js";
import type { Places } from "./places.js";
import { eachOf, look } from "./read.js";

/** The hosts, and their names. */
export interface Hosts {
  readonly hosts: readonly Host[];
  readonly names: NameBook;
}

/** Hosts from their groups, in the order written. */
export function resolveHosts(
  groups: readonly HostGroupInput[],
  types: ReadonlyMap<string, HostType>,
  { sites, siteNames }: Places,
): Hosts {
  const hosts: Host[] = [];
  const names = new NameBook("host");
  const racks = new Racks();
  for (const [index, group] of groups.entries()) {
    const path = `hosts.${index}`;
    const { count = 1, name = "h{}", rackSize } = group;
    if (hosts.length + count > MOST.hosts) {
      throw new InvalidOptionError(`${path}.count`, count, `at most ${MOST.hosts} hosts in all`);
    }
    const kinds = eachOf(`${path}.type`, group.type).map((one) =>
      look(one.path, one.value, [types]),
    );
    const site = siteOf(`${path}.site`, group.site, sites.length, siteNames);
    names.add(`${path}.name`, name, count);
    for (let at = 0; at < count; at++) {
      hosts.push({
        name: names.nameOf(hosts.length),
        type: kinds[at % kinds.length] as HostType,
        site,
        rack: rackSize === undefined ? racks.common(site) : racks.numbered(at % rackSize === 0),
      });
    }
  }
  return { hosts, names };
}

function siteOf(
  path: string,
  name: string | undefined,
  count: number,
  names: ReadonlyMap<string, number>,
): number {
  if (name !== undefined) return look(path, name, [names]);
  if (count === 1) return 0;
  throw new InvalidOptionError(path, undefined, `one of ${[...names.keys()].join(", ")}`);
}

/** Racks are counted over all sites, as they come. */
class Racks {
  readonly #common = new Map<number, number>();
  #count = 0;

  /** The rack of a site's hosts that say nothing. */
  common(site: number): number {
    const known = this.#common.get(site);
    if (known !== undefined) return known;
    this.#common.set(site, this.#count);
    return this.numbered(true);
  }

  /** The last rack, or a new one. */
  numbered(isNew: boolean): number {
    if (isNew) this.#count += 1;
    return this.#count - 1;
  }
}
