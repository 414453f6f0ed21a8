import {
  FrameStream,
  type MachineKind,
  type ReceivedMachine,
  receiveMachine,
  V86Machine,
  v86KindAt,
} from "../machine-browser.js";
import type { Bytes } from "../units.js";
import type { Demand } from "./abilities.js";
import { hasten, V86_WASM } from "./pc.js";
import { WatchedMachine } from "./watched-machine.js";
import { enter, type WayIn } from "./way-in.js";

/** Most memory of a machine that a tab takes in: tabs have some gigabytes, and v86 has its own part of them. */
const MOST_MEMORY: Bytes = 2 ** 30;

/** Hears of the machine when it is built, and still empty. */
export type OnBuilt = (pc: V86Machine, watched: WatchedMachine, name: string) => void;

/** Receives a machine; resolves when it runs here. */
export function receivePc(
  wayIn: WayIn,
  demand: Demand,
  onBuilt: OnBuilt,
): Promise<ReceivedMachine> {
  let name = "";
  const kind = watchedKind(demand, (pc, watched) => onBuilt(pc, watched, name));
  return receiveMachine(new FrameStream(enter(wayIn)), {
    kinds: [kind],
    limits: { memoryBytes: MOST_MEMORY },
    onOffer: (offer) => {
      name = offer.name;
    },
  });
}

/** PCs whose memory's picture is kept. */
function watchedKind(
  demand: Demand,
  onBuilt: (pc: V86Machine, watched: WatchedMachine) => void,
): MachineKind {
  const { kind, build } = v86KindAt({ wasm: V86_WASM, demand });
  return {
    kind,
    async build(configuration, limits) {
      const pc = await build(configuration, limits);
      if (!(pc instanceof V86Machine)) throw new Error("a kind built another machine than its own");
      hasten(pc);
      const watched = new WatchedMachine(pc, true);
      onBuilt(pc, watched);
      return watched;
    },
  };
}
