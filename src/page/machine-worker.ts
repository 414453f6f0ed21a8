import type { V86Machine } from "../machine-browser.js";
import { receivePc } from "./arrival.js";
import { Departure } from "./departure.js";
import { LifeSigns } from "./life-signs.js";
import { makePc } from "./pc.js";
import { WatchedMachine } from "./watched-machine.js";
import type { FromMachine, ToMachine } from "./worker-messages.js";

type OrderOf<Name extends ToMachine["order"]> = Extract<ToMachine, { order: Name }>;

/** A machine with what it shows. */
interface Resident {
  readonly name: string;
  readonly pc: V86Machine;
  readonly watched: WatchedMachine;
  readonly signs: LifeSigns;
}

/** The thread that a machine of the page lives in, with its half of a move. */
class MachineWorker {
  #resident: Resident | null = null;
  #departure: Departure | null = null;

  /** Does what the page says; answers when it is done. */
  async obey(order: ToMachine): Promise<void> {
    switch (order.order) {
      case "start":
        return this.#start(order);
      case "receive":
        return this.#receive(order);
      case "move":
        return this.#move(order);
      case "type":
        this.#resident?.pc.sendSerial(order.text);
        return;
      case "abort":
        this.#departure?.abort();
    }
  }

  async #start({ name, guest, memoryBytes, linux }: OrderOf<"start">): Promise<void> {
    const pc = await makePc(guest, memoryBytes, linux);
    const { watched, signs } = this.#adopt(name, pc, new WatchedMachine(pc, false));
    signs.look();
    await watched.resume();
    tell({ tells: "running", name, memoryBytes });
  }

  async #receive({ wayIn, demand }: OrderOf<"receive">): Promise<void> {
    let memoryBytes = 0;
    const { offer, arrived } = await receivePc(wayIn, demand, (pc, watched, name) => {
      this.#adopt(name, pc, watched);
      memoryBytes = watched.memory.pageCount * 4096;
      tell({ tells: "arriving", name, memoryBytes });
    });
    tell({ tells: "running", name: offer.name, memoryBytes });
    await arrived;
    this.#resident?.signs.look();
  }

  async #move(order: OrderOf<"move">): Promise<void> {
    const resident = this.#resident;
    if (resident === null) return;
    const { watched, name, signs } = resident;
    signs.leaveLog();
    watched.onPause = () => {
      signs.flush();
      tell({ tells: "stopped" });
    };
    const departure = new Departure();
    this.#departure = departure;
    try {
      const report = await departure.run(watched, name, order, tell);
      tell({ tells: "moved", report });
    } catch (error) {
      if (!watched.isRunning) throw error;
      tell({ tells: "stays", words: (error as Error).message });
    } finally {
      watched.onPause = null;
      this.#departure = null;
      if (watched.isRunning) signs.look();
    }
  }

  #adopt(name: string, pc: V86Machine, watched: WatchedMachine): Resident {
    const signs = new LifeSigns(pc, watched, tell);
    pc.onFailure((error) => tell({ tells: "failed", words: `The PC broke down: ${error}` }));
    this.#resident = { name, pc, watched, signs };
    return this.#resident;
  }
}

function tell(tidings: FromMachine): void {
  postMessage(tidings);
}

const worker = new MachineWorker();
addEventListener("message", ({ data }: MessageEvent<ToMachine>) => {
  worker.obey(data).catch((error: Error) => tell({ tells: "failed", words: error.message }));
});
