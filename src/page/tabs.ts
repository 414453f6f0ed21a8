import type { MigrationReport } from "../migration/report.js";
import type { Milliseconds } from "../units.js";
import type { Demand } from "./abilities.js";

/** A machine as other places are told of it. */
export interface MachineAtPlace {
  readonly name: string;
  /** Whether it can be asked to move now. */
  readonly isReady: boolean;
  /** What it is and does, for people. */
  readonly words: string;
}

/** A tab with this page. */
export interface TabStatus {
  /** From 1; a closed tab's is given to the next that opens. */
  readonly number: number;
  readonly machine: MachineAtPlace | null;
  /** How a machine could run there before all of its pages are there. */
  readonly demand: Demand;
}

/** What a tab says to another, or (`to` 0) to all. */
type TabMessage = { readonly to: number; readonly from: number } & TabWords;

/** What can be said. */
export type TabWords =
  | { readonly says: "who" }
  | { readonly says: "here"; readonly status: TabStatus }
  /** Move your machine to me. */
  | { readonly says: "bring" }
  /** The machine that is on its way to you stands; what it had printed. */
  | { readonly says: "stopped"; readonly at: Milliseconds; readonly console: string }
  /** What became of that move. */
  | { readonly says: "report"; readonly report: MigrationReport };

/** Where a tab is to be found by machines. */
export function tabAddress(number: number): string {
  return `broadcast:godwit-tab-${number}`;
}

/** The lock that a tab holds as long as it lives: the browser itself says when it has gone. */
function lockOf(number: number): string {
  return `godwit-tab-${number}`;
}

/** Whether an address is that of a tab that has gone, as its free lock proves. */
export async function isClosedTab(address: string): Promise<boolean> {
  const number = /^broadcast:godwit-tab-(\d+)$/.exec(address)?.[1];
  if (number === undefined) return false;
  const { held = [] } = await navigator.locks.query();
  return !held.some(({ name }) => name === lockOf(Number(number)));
}

const MOST_TABS = 1000;

/** All tabs of this browser with this page, and this one among them. */
export class Tabs {
  readonly number: number;
  readonly #channel = new BroadcastChannel("godwit-tabs");
  readonly #others = new Map<number, TabStatus>();
  #status: TabStatus;
  /** Called when another tab came, changed or went. */
  onChange: () => void = () => undefined;
  /** Called when another tab has gone for good. */
  onGone: (number: number) => void = () => undefined;
  /** Called with what another tab says to this one. */
  onWords: (words: TabWords, from: number) => void = () => undefined;

  /** Takes the lowest number that no other tab has. */
  static async join(demand: Demand): Promise<Tabs> {
    for (let number = 1; number < MOST_TABS; number++)
      if (await holdForLife(lockOf(number))) return new Tabs(number, demand);
    throw new Error("there are too many tabs with this page");
  }

  private constructor(number: number, demand: Demand) {
    this.number = number;
    this.#status = { number, machine: null, demand };
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#hear(data);
    this.say(0, { says: "who" });
    this.#tell();
  }

  /** The other tabs, by their number. */
  get others(): TabStatus[] {
    return [...this.#others.values()].sort((a, b) => a.number - b.number);
  }

  /** Says what is in this tab now. */
  tell(machine: MachineAtPlace | null): void {
    this.#status = { ...this.#status, machine };
    this.#tell();
  }

  say(to: number, words: TabWords): void {
    this.#channel.postMessage({ to, from: this.number, ...words } satisfies TabMessage);
  }

  #tell(): void {
    this.say(0, { says: "here", status: this.#status });
  }

  #hear(message: TabMessage): void {
    if (message.to !== 0 && message.to !== this.number) return;
    if (message.says === "who") this.#tell();
    else if (message.says === "here") this.#see(message.status);
    else this.onWords(message, message.from);
  }

  #see(status: TabStatus): void {
    const { number } = status;
    if (!this.#others.has(number)) {
      // Granted when that tab has gone, and given back at once.
      void navigator.locks.request(lockOf(number), () => {
        this.#others.delete(number);
        this.onGone(number);
        this.onChange();
      });
    }
    this.#others.set(number, status);
    this.onChange();
  }
}

/** Takes a lock and keeps it until the tab goes; false: another tab has it. */
function holdForLife(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    });
  });
}
