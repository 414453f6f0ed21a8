import { InvalidOptionError } from "../../errors.js";
import { parseShare, parseTime } from "../../scenario/quantities.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import type { Quality } from "../model/fleet.js";
import type { Provider, Site } from "../model/host.js";
import type { FleetInput, ProviderInput, QualityInput } from "./input.js";
import { look, timeOr } from "./read.js";

/** Who owns what, and where it is. */
export interface Places {
  readonly providers: readonly Provider[];
  readonly sites: readonly Site[];
  readonly siteNames: ReadonlyMap<string, number>;
  readonly qualities: readonly Quality[];
}

const BYTES_PER_GB = 1e9;
const JOULES_PER_KWH = 3600 * 1000;

/** Providers and sites; where none is named there is one of each, called `local`. */
export function resolvePlaces({ providers = {}, sites = {} }: FleetInput): Places {
  const owners = Object.entries(providers);
  const all = owners.length > 0 ? owners : [["local", {}] as const];
  const ownerNames = new Map(all.map(([name], index) => [name, index]));
  const given = Object.entries(sites);
  const places = given.length > 0 ? given : sitesOf(all.map(([name]) => name));
  return {
    providers: all.map(([name, input]) => provider(name, input)),
    sites: places.map(([name, input]) => ({ name, provider: ownerOf(name, input, ownerNames) })),
    siteNames: new Map(places.map(([name], index) => [name, index])),
    qualities: owners.flatMap(([name, { quality = [] }], index) =>
      quality.map((one, at) => qualityOf(`providers.${name}.quality.${at}`, one, index)),
    ),
  };
}

/** Without sites, every provider is a site of its own name. */
function sitesOf(providers: readonly string[]): [string, { provider: string }][] {
  return providers.map((name) => [name, { provider: name }]);
}

function provider(
  name: string,
  { trafficPricePerGb = 0, energyPricePerKwh = 0 }: ProviderInput,
): Provider {
  return {
    name,
    pricePerByteOut: trafficPricePerGb / BYTES_PER_GB,
    pricePerJoule: energyPricePerKwh / JOULES_PER_KWH,
  };
}

function ownerOf(
  site: string,
  input: { readonly provider?: string | undefined },
  names: ReadonlyMap<string, number>,
): number {
  const path = `sites.${site}.provider`;
  if (input.provider !== undefined) return look(path, input.provider, [names]);
  if (names.size === 1) return 0;
  throw new InvalidOptionError(path, undefined, `one of ${[...names.keys()].join(", ")}`);
}

function qualityOf(path: string, { from, until, cpu }: QualityInput, provider: number): Quality {
  const fromNs = parseTime(`${path}.from`, from);
  const untilNs: Nanoseconds = timeOr(`${path}.until`, until, Number.POSITIVE_INFINITY);
  if (untilNs <= fromNs) {
    throw new InvalidOptionError(`${path}.until`, until, `a time after ${fromNs / SECOND}s`);
  }
  return { provider, fromNs, untilNs, cpuShare: parseShare(`${path}.cpu`, cpu) };
}
