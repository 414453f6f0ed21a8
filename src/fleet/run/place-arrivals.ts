import type { Placement } from "../control/placement.js";
import { Room } from "../control/room.js";
import type { Snapshot, VmState } from "../control/snapshot.js";
import { demandAt } from "../model/demand.js";
import { NOWHERE } from "../model/vms.js";
import type { PlaceArrivals } from "./population.js";

/** Places VMs that come, one after the other, each where the others left room. */
export function placeArrivals(placement: Placement): (snapshot: Snapshot) => PlaceArrivals {
  return (snapshot) => (vms) => {
    const room = new Room(snapshot);
    return vms.map((vm) => {
      const party = room.party(arriving(snapshot, vm));
      const { host, because } = placement(room, party);
      if (host === null) return { because };
      room.put(party, host);
      return { host };
    });
  };
}

/** A VM that is not there yet, as if it were nowhere. */
function arriving({ fleet, now }: Snapshot, vm: number): VmState {
  const { vms, flavours, demands } = fleet;
  const flavour = flavours[vms.flavour[vm] ?? 0];
  const demand = demands[vms.demand[vm] ?? 0];
  const size = flavour === undefined ? 0 : flavour.vcpus * flavour.vcpuSpeed;
  return {
    ...{ vm, host: NOWHERE, size, granted: 0, isMigrating: false, violated: 0, movedAtNs: null },
    demand: demand === undefined ? 0 : demandAt(demand, now, now) * size,
    memoryBytes: flavour?.memoryBytes ?? 0,
  };
}
