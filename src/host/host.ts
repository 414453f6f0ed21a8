import { totalmem } from "node:os";
import { PeerFailedError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import type { Channel, Listener } from "../transport/channel.js";
import { FrameStream } from "../wire/frame.js";
import { answerOpened, readOpen } from "../wire/open.js";
import { ControlLink } from "./control-link.js";
import type { MachineStatus } from "./control-messages.js";
import { serveControl } from "./control-session.js";
import { type Credentials, NO_CREDENTIALS } from "./credentials.js";
import { Desk, type HostEvent } from "./desk.js";
import { type HostLimits, resolveLimits } from "./host-options.js";
import { Inbound } from "./inbound.js";
import { listenAt } from "./listen.js";

/** How a host is started. */
export interface HostOptions {
  /** Where it listens: `tcp://host:port`, `unix:/path`, `tls://host:port`, `ws://host:port`; port 0 is any. */
  readonly listen: readonly string[];
  /** Default: none, so that only this computer's own addresses may be listened at. */
  readonly credentials?: Credentials | undefined;
  /** Default: 64 machines with half of this computer's memory. */
  readonly limits?: Partial<HostLimits> | undefined;
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}

/** Whoever may speak says soon what it wants. */
const OPEN_PATIENCE_MS = 10_000;

/** A process that runs machines, each in a thread of its own, and lets them come and go. */
export class Host {
  readonly #desk: Desk;
  readonly #inbound: Inbound;
  readonly #credentials: Credentials;
  #listeners: Listener[] = [];

  private constructor(options: HostOptions) {
    const { credentials = NO_CREDENTIALS, onEvent = () => undefined } = options;
    const limits = resolveLimits(options.limits ?? {}, totalmem());
    this.#credentials = credentials;
    this.#desk = new Desk({ limits, credentials, tell: onEvent });
    this.#inbound = new Inbound(this.#desk, credentials);
  }

  /**
   * Listens, and serves whoever may speak.
   *
   * @throws InvalidOptionError for limits and addresses that cannot be, and for addresses that others reach without credentials.
   */
  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    const credentials = host.#credentials;
    try {
      for (const address of options.listen) {
        const serve = (channel: Channel) => void host.serve(channel);
        host.#listeners.push(await listenAt(address, credentials, serve));
      }
    } catch (error) {
      await host.#stopListening();
      throw error;
    }
    host.#desk.addresses = host.addresses;
    return host;
  }

  /** Where it listens, with the ports that the system chose. */
  get addresses(): readonly string[] {
    return this.#listeners.map(({ address }) => address);
  }

  /** Its machines, by name. */
  get machines(): readonly MachineStatus[] {
    return this.#desk.machines.list;
  }

  /** Lets no machine in any more; resolves when the last has gone, and the host has ended. */
  async drain(): Promise<void> {
    const { machines } = this.#desk;
    machines.close();
    while (machines.running.length > 0) {
      await Promise.race(machines.running.map(({ gone }) => gone));
    }
    await this.#stopListening();
  }

  /** Ends all machines; what they had in memory is lost. */
  async close(): Promise<void> {
    const { machines } = this.#desk;
    machines.close();
    await Promise.all(machines.running.map((machine) => machine.stop(true)));
    await this.#stopListening();
  }

  /** Serves a peer that came another way, and has proved that it may speak; resolves when it is known what it wants. */
  async serve(channel: Channel): Promise<void> {
    const late = new PeerFailedError(channel.peer, "it did not say what it wants");
    const timer = setTimeout(() => channel.close(late), OPEN_PATIENCE_MS);
    try {
      const request = await readOpen(channel);
      if (request.purpose === "move") this.#inbound.receive(channel, request);
      else if (request.purpose === "rejoin") this.#inbound.rejoin(channel, request);
      else this.#command(channel);
    } catch (error) {
      const { message } = error as Error;
      this.#desk.tell({ type: "refused", peer: channel.peer, reason: message });
    } finally {
      clearTimeout(timer);
    }
  }

  #command(channel: Channel): void {
    answerOpened(channel, { version: packageVersion(), incarnation: this.#desk.incarnation });
    void serveControl(new ControlLink(new FrameStream(channel)), this.#desk);
  }

  async #stopListening(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}
