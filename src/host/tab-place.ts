import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Listener } from "../transport/channel.js";
import { listenWebSocket } from "../transport/web-socket-server.js";
import { HostClient } from "./client.js";
import type { HostEvent } from "./desk.js";
import { Host } from "./host.js";
import { TabDesk } from "./tab-desk.js";
import { TabMeeting } from "./tab-meeting.js";

/**
 * The host behind a page: its machines come from tabs and go to tabs, over the WebSockets of the server that
 * serves the page. `/godwit` is the host itself, `/tabs` a tab that stays in touch.
 */
export class TabPlace {
  readonly #token: string;
  readonly #host: Host;
  readonly #meeting = new TabMeeting();
  /** Never listens itself: it is handed what the page's server has let in. */
  readonly #upgrades = createServer();
  #listeners: readonly Listener[] = [];
  #desk: TabDesk | null = null;

  /** @param token - Shared by the tabs, this host, and whoever else may bring it machines. */
  static async open(token: string, onEvent: (event: HostEvent) => void): Promise<TabPlace> {
    const credentials = { token, tls: null };
    return new TabPlace(token, await Host.start({ listen: [], credentials, onEvent }));
  }

  private constructor(token: string, host: Host) {
    this.#token = token;
    this.#host = host;
  }

  /** @param base - Where the page's server is: `ws://127.0.0.1:8086`. */
  async begin(base: string): Promise<void> {
    const options = { token: this.#token, server: this.#upgrades };
    const client = new HostClient(`${base}/godwit`, { token: this.#token, tls: null });
    const desk = new TabDesk({ host: this.#host, client, meeting: this.#meeting, base });
    this.#desk = desk;
    this.#listeners = [
      await listenWebSocket(`${base}/godwit`, (peer) => void this.#host.serve(peer), options),
      await listenWebSocket(`${base}/tabs`, (tab) => void desk.serve(tab), options),
    ];
  }

  /** Takes over the upgrade of a connection that the page's server has let in; false: not one of ours. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (this.#meeting.take(request, socket, head)) return true;
    if (!/^\/(godwit|tabs)$/.test(request.url ?? "")) return false;
    return this.#upgrades.emit("upgrade", request, socket, head);
  }

  /** Ends it, with its machines. */
  async close(): Promise<void> {
    this.#desk?.close();
    this.#meeting.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#host.close();
  }
}
