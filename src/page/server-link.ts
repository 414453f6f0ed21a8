import type { ServerMachine, ToTab } from "../host/tab-messages.js";
import { dialWebSocket, FrameStream, proven, webSocketChannel } from "../machine-browser.js";
import type { MigrationReport, RoundReport } from "../migration/report.js";
import type { TabHost } from "./tab-host.js";
import type { MoveOrder } from "./worker-messages.js";

const CONNECTING = "the server does not answer yet";
const LOST =
  "the server does not answer any more; if `godwit page` was started anew, load the page anew";
const RETRY_MS = 2000;
/** Frames of hosts and those who command them, as `wire` numbers them. */
const CALL = 64;

/** What is heard of a move to this tab. */
interface Wish {
  readonly onRound: (round: RoundReport) => void;
  resolve(moved: { readonly report: MigrationReport; readonly console: string }): void;
  reject(error: Error): void;
}

/** The server as a place where machines run. */
export class ServerLink {
  machines: readonly ServerMachine[] = [];
  /** Why it cannot be used now, in words; null: it can. */
  obstacle: string | null = CONNECTING;
  onChange: () => void = () => undefined;
  readonly #base: string;
  readonly #token: string;
  readonly #tab: TabHost | null;
  #frames: FrameStream | null = null;
  #wish: Wish | null = null;

  /**
   * @param base - Where the server is, such as `ws://127.0.0.1:8086`.
   * @param tab - Takes in the machines that come from there; null: none can.
   */
  constructor(base: string, token: string, tab: TabHost | null) {
    this.#base = base;
    this.#token = token;
    this.#tab = tab;
    void this.#stay();
  }

  /** Has a machine of the server's moved here; resolves when it is over. */
  bring(
    name: string,
    { strategy, verify }: Pick<MoveOrder, "strategy" | "verify">,
    onRound: (round: RoundReport) => void,
  ): Promise<{ readonly report: MigrationReport; readonly console: string }> {
    const wish = { says: "bring", name, strategy, verify: verify ? "memory" : "sent" };
    return new Promise((resolve, reject) => {
      if (this.#frames === null || this.#wish !== null) return reject(new Error(LOST));
      this.#wish = { onRound, resolve, reject };
      this.#frames.send(CALL, [new TextEncoder().encode(JSON.stringify(wish))]);
    });
  }

  /** Connects, and again after the connection was lost, as long as the page is there. */
  async #stay(): Promise<void> {
    for (;;) {
      try {
        const channel = await dialWebSocket(`${this.#base}/tabs`, { token: this.#token });
        await this.#listen(new FrameStream(channel));
      } catch {
        // Why does not matter: it is not there.
      }
      this.#frames = null;
      this.machines = [];
      this.obstacle = LOST;
      this.#wish?.reject(new Error(LOST));
      this.#wish = null;
      this.onChange();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #listen(frames: FrameStream): Promise<void> {
    this.#frames = frames;
    this.obstacle = null;
    for (let frame = await frames.receive(); frame !== null; frame = await frames.receive())
      this.#hear(JSON.parse(new TextDecoder().decode(frame.body)) as ToTab);
  }

  #hear(words: ToTab): void {
    switch (words.says) {
      case "machines":
        this.machines = words.machines;
        this.onChange();
        break;
      case "called":
        void this.#answer(words.path);
        break;
      case "round":
        this.#wish?.onRound(words.round);
        break;
      case "moved":
        this.#wish?.resolve(words);
        this.#wish = null;
        break;
      case "refused":
        this.#wish?.reject(new Error(words.reason));
        this.#wish = null;
        break;
    }
  }

  /** Opens a way for whoever calls this tab; they have to prove who they are. */
  async #answer(path: string): Promise<void> {
    const socket = new WebSocket(`${this.#base}${path}`);
    const channel = await new Promise<ReturnType<typeof webSocketChannel>>((resolve, reject) => {
      socket.onopen = () => resolve(webSocketChannel(socket, "the server"));
      socket.onerror = () => reject(new Error(LOST));
    });
    await proven(channel, "listener", this.#token);
    await this.#tab?.accept(channel);
  }
}
