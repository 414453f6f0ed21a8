import type { Abilities } from "./abilities.js";
import { ConsoleView } from "./console-view.js";
import { element } from "./elements.js";
import { MapView } from "./map-view.js";
import { MoveView } from "./move-view.js";
import { clearNotices, notice } from "./notices.js";
import { type PlaceAction, type PlaceRow, PlacesView } from "./places-view.js";
import { Resident } from "./resident.js";
import { ScreenView } from "./screen-view.js";
import { ServerLink } from "./server-link.js";
import { needsDemand, STRATEGY_WORDS } from "./strategy-words.js";
import { TabHost } from "./tab-host.js";
import { type TabStatus, type Tabs, type TabWords, tabAddress } from "./tabs.js";
import { serverBase, type Welcome } from "./welcome.js";
import type { GuestChoice, MoveOrder } from "./worker-messages.js";

const MIB = 2 ** 20;
const MEMORY: Readonly<Record<GuestChoice, number>> = { test: 32 * MIB, linux: 64 * MIB };
const BUSY = "this tab has a machine already";

/** What the page is made with. */
export interface AppOptions {
  readonly welcome: Welcome;
  readonly abilities: Abilities;
  /** Why no machine can run in this tab; null: one can. */
  readonly obstacle: string | null;
  readonly tabs: Tabs;
}

/** The page: the machine of this tab, the other places, and what people press. */
export class App {
  readonly #options: AppOptions;
  readonly #tabs: Tabs;
  readonly #server: ServerLink;
  readonly #resident: Resident;
  readonly #move = new MoveView();
  readonly #places = new PlacesView();
  readonly #console = new ConsoleView((text) => this.#resident.type(text));
  readonly #strategy = element("strategy", HTMLSelectElement);
  readonly #verify = element("verify", HTMLInputElement);
  /** The tab at the other end of the move of this tab's machine; null: there is none, or it is the server. */
  #partner: number | null = null;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#tabs = options.tabs;
    const screen = new ScreenView();
    const views = { console: this.#console, screen, map: new MapView(), move: this.#move };
    this.#resident = new Resident(views);
    const tab = options.obstacle === null ? this.#becomeHost() : null;
    this.#server = new ServerLink(serverBase(), options.welcome.token, tab);
    this.#listen();
    this.#strategy.addEventListener("change", () => this.show());
    document.title = `tab ${this.#tabs.number} · godwit`;
    element("screen-title").textContent = `Screen of tab ${this.#tabs.number}`;
  }

  show(): void {
    element("strategy-words").textContent = STRATEGY_WORDS[this.#chosen];
    const others = this.#tabs.others.map((tab) => this.#tabRow(tab));
    this.#places.show([this.#hereRow(), ...others, this.#serverRow()]);
  }

  get #chosen(): MoveOrder["strategy"] {
    return this.#strategy.value as MoveOrder["strategy"];
  }

  #listen(): void {
    const resident = this.#resident;
    resident.onChange = () => {
      this.#tabs.tell(resident.status);
      this.show();
    };
    resident.onStopped = (at) =>
      this.#tellPartner({ says: "stopped", at, console: this.#console.text });
    resident.onMoved = (report) => {
      this.#tellPartner({ says: "report", report });
      this.#partner = null;
    };
    this.#tabs.onChange = () => this.show();
    this.#tabs.onGone = (number) => {
      if (number === this.#partner) notice(`Tab ${number}, the other end of the move, was closed.`);
    };
    this.#tabs.onWords = (words, from) => this.#hear(words, from);
    this.#server.onChange = () => this.show();
  }

  /** Takes machines in that other places send. */
  #becomeHost(): TabHost {
    const { abilities, welcome } = this.#options;
    const host = new TabHost(welcome, abilities.demand, (wayIn) => {
      if (this.#resident.state !== "none") return BUSY;
      clearNotices();
      this.#resident.receive(wayIn, abilities.demand);
      return null;
    });
    host.listen(tabAddress(this.#tabs.number));
    return host;
  }

  #tellPartner(words: TabWords): void {
    if (this.#partner !== null) this.#tabs.say(this.#partner, words);
  }

  /** What the tab at the other end says. */
  #hear(words: TabWords, from: number): void {
    if (words.says === "bring") {
      if (this.#resident.state === "running") this.#moveToTab(from);
    } else if (words.says === "stopped") {
      this.#console.prepend(words.console);
      if (this.#resident.state === "arriving") this.#move.stopped(words.at);
    } else if (words.says === "report") {
      this.#move.report(words.report);
    }
  }

  #start(guest: GuestChoice): void {
    clearNotices();
    const letters = crypto.getRandomValues(new Uint8Array(2));
    const name = `pc-${[...letters].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    this.#resident.start(name, guest, MEMORY[guest], this.#options.welcome.linux);
  }

  #moveToTab(number: number): void {
    this.#partner = number;
    this.#moveTo(tabAddress(number), `to tab ${number}`);
  }

  #moveTo(to: string, towards: string): void {
    clearNotices();
    const { token, version } = this.#options.welcome;
    const order = { to, token, version, strategy: this.#chosen, verify: this.#verify.checked };
    this.#resident.move(order, towards);
  }

  #hereRow(): PlaceRow {
    const { words } = this.#resident;
    const machines = [{ words, actions: this.#hereActions() }];
    return { place: `tab ${this.#tabs.number} (this one)`, isHere: true, machines };
  }

  #hereActions(): PlaceAction[] {
    const obstacle = this.#options.obstacle ?? undefined;
    const linux = this.#options.welcome.linux === null ? NO_LINUX : undefined;
    switch (this.#resident.state) {
      case "none":
        return [
          { words: "Start test guest", press: () => this.#start("test"), obstacle, isMain: true },
          { words: "Start Linux", press: () => this.#start("linux"), obstacle: obstacle ?? linux },
        ];
      case "moving":
        return [{ words: "Give up the move", press: () => this.#resident.abort() }];
      case "running":
        return [{ words: "Turn off", press: () => this.#resident.end() }];
      default:
        return [];
    }
  }

  #tabRow({ number, machine, demand }: TabStatus): PlaceRow {
    const actions: PlaceAction[] = [];
    if (machine === null && this.#resident.state === "running") {
      const obstacle = this.#demandObstacle(demand, `tab ${number}`);
      const press = (): void => this.#moveToTab(number);
      actions.push({ words: "Move it there", press, obstacle, isMain: true });
    }
    if (machine?.isReady) {
      const press = (): void => this.#tabs.say(number, { says: "bring" });
      actions.push({ words: "Bring it here", press, obstacle: this.#bringObstacle() });
    }
    const words = machine?.words ?? "no machine";
    return { place: `tab ${number}`, machines: [{ words, actions }] };
  }

  #serverRow(): PlaceRow {
    const { machines, obstacle } = this.#server;
    const rows = machines.map(({ name, words, isReady }) => {
      const press = (): void => this.#bringFromServer(name);
      const bring = { words: "Bring it here", press, obstacle: this.#bringObstacle() };
      return { words, actions: isReady ? [bring] : [] };
    });
    const press = (): void => this.#moveTo(`${serverBase()}/godwit`, "to the server");
    const go = { words: "Move it there", press, obstacle: obstacle ?? undefined };
    const actions = this.#resident.state === "running" ? [go] : [];
    const none = obstacle === null ? "no machine" : obstacle;
    const place = "the server (godwit page)";
    if (rows.length === 0) return { place, machines: [{ words: none, actions }] };
    const more = actions.length > 0 ? [{ words: "and room for more", actions }] : [];
    return { place, machines: [...rows, ...more] };
  }

  #bringFromServer(name: string): void {
    clearNotices();
    const settings = { strategy: this.#chosen, verify: this.#verify.checked };
    this.#server
      .bring(name, settings, (round) => this.#move.round(round))
      .then(({ report, console }) => {
        this.#console.prepend(console);
        this.#move.report(report);
      })
      .catch((error: Error) => notice(`${name} did not come here: ${error.message}`));
  }

  #bringObstacle(): string | undefined {
    if (this.#resident.state !== "none") return BUSY;
    const { obstacle, abilities } = this.#options;
    return obstacle ?? this.#demandObstacle(abilities.demand, "this tab");
  }

  #demandObstacle(demand: Abilities["demand"], where: string): string | undefined {
    if (demand !== null || !needsDemand(this.#chosen)) return undefined;
    return `${where} cannot run a machine before all of its pages are there: choose pre-copy or cold`;
  }
}

const NO_LINUX =
  "the server has no Linux guest: it is fetched on Debian, or named in GODWIT_LINUX_GUEST";
