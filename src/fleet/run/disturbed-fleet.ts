import type { Share } from "../../units.js";
import { drawNormal, type Random } from "../../world/random.js";
import type { CurveTerm, Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";

/** Standard deviation of how fast a guest writes from one time to another, as in predictions of observed guests. */
const PACE_DEVIATION: Share = 0.06;
/** The same of the pages that are not zero. Ours, a guess: memory fills and empties as guests work. */
const CONTENTS_DEVIATION: Share = 0.05;
/** Most that traffic of others takes from a link. Ours, a guess for a network that is there for migrations. */
const OTHER_TRAFFIC: Share = 0.1;

/**
 * The same data centre at another time: these VMs write a little more or less, have a little more or less in
 * their memory, and links carry a little of something else. What is known of a fleet is no more certain.
 */
export function disturbedFleet(fleet: Fleet, vms: readonly number[], random: Random): Fleet {
  const flavours = [...fleet.flavours];
  const flavourOf = fleet.vms.flavour.slice();
  for (const vm of vms) {
    flavourOf[vm] = flavours.length;
    const before = fleet.flavours[fleet.vms.flavour[vm] as number] as Flavour;
    flavours.push(disturbedFlavour(before, random));
  }
  const free = 1 - OTHER_TRAFFIC * random.nextUnit();
  const { topology } = fleet;
  return {
    ...fleet,
    flavours,
    vms: { ...fleet.vms, flavour: flavourOf },
    topology: {
      links: topology.links.map((link) => ({ ...link, bandwidth: link.bandwidth * free })),
      route: (from, to) => topology.route(from, to),
    },
  };
}

function disturbedFlavour(flavour: Flavour, random: Random): Flavour {
  const { memory } = flavour;
  const pace = Math.max(0.1, 1 + PACE_DEVIATION * drawNormal(random));
  const nonzero = (1 - memory.zeroShare) * (1 + CONTENTS_DEVIATION * drawNormal(random));
  return {
    ...flavour,
    memory: {
      zeroShare: Math.min(1, Math.max(0, 1 - nonzero)),
      curve: memory.curve.map((term) => faster(term, pace)),
      workload: null,
    },
  };
}

/** The same writes in less time, or more. */
function faster(term: CurveTerm, pace: number): CurveTerm {
  if (term.kind !== "measured") return { ...term, rate: term.rate * pace };
  return { ...term, points: term.points.map(({ ns, pages }) => ({ ns: ns / pace, pages })) };
}
