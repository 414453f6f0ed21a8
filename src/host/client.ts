import { AbortedError, PeerFailedError } from "../errors.js";
import type { MigrationProgress } from "../migration/migration.js";
import type { RoundReport, StrategyName } from "../migration/report.js";
import type { MoveReport } from "../move/source.js";
import type { Bytes } from "../units.js";
import { CONTROL_FRAMES } from "../wire/frame-types.js";
import { ControlLink } from "./control-link.js";
import type {
  ControlReply,
  ControlRequest,
  MachineStatus,
  MachineToStart,
  MoveSettings,
} from "./control-messages.js";
import { checkName, readMachines, readReply, readReport } from "./control-schema.js";
import { type Credentials, NO_CREDENTIALS } from "./credentials.js";
import { dialHost } from "./dial.js";
import { errorOf } from "./refusal.js";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with an AbortedError; what the host has begun goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link HostClient.start} takes beside the machine. */
export interface StartOptions extends CallOptions {
  /** Files of the guest: for `multiboot` its kernel, for `linux` its `vmlinux` and its initial RAM disk. */
  readonly files?: readonly Uint8Array[];
}

/** What {@link HostClient.move} takes. */
export interface MoveCallOptions {
  /** Default `pre-copy`. */
  readonly strategy?: StrategyName | undefined;
  /** Options of the engine, such as `downtimeLimitMs`. */
  readonly settings?: MoveSettings | undefined;
  /** Called when the source has begun. */
  readonly onBegin?: ((machine: { readonly memoryBytes: Bytes }) => void) | undefined;
  readonly onRound?: ((round: RoundReport) => void) | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
  /** Hears what is worth telling meanwhile, such as a link that is lost. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Gives the move up: the machine stays at the source, unless it is the target's already. The report still comes. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link HostClient.console} takes. */
export interface ConsoleOptions {
  readonly onOutput: (bytes: Uint8Array) => void;
  /** Leaves the console. */
  readonly signal?: AbortSignal | undefined;
}

/** How a console ended. */
export interface ConsoleEnd {
  /** The host that the machine went to; null when it went nowhere. */
  readonly movedTo: string | null;
  readonly reason: string;
}

/** A console that is attached. */
export interface ConsoleSession {
  type(bytes: Uint8Array): void;
  /** Resolves when the machine has gone from this host, and when the console was left. */
  readonly ended: Promise<ConsoleEnd>;
}

/** Commands a host. Every call is a connection of its own. */
export class HostClient {
  readonly address: string;
  readonly #credentials: Credentials;

  /**
   * @param address - `tcp://host:port`, `unix:/path`, `tls://host:port`, `ws://host:port` or `wss://host:port`.
   * @param credentials - What the host asks for; hosts of this computer may ask for nothing.
   */
  constructor(address: string, credentials: Credentials = NO_CREDENTIALS) {
    this.address = address;
    this.#credentials = credentials;
  }

  /**
   * Starts a machine; resolves when it runs.
   *
   * @throws InvalidOptionError when the host has no room for it, or the name is taken.
   */
  async start(name: string, machine: MachineToStart, options: StartOptions = {}): Promise<void> {
    const { files = [], signal } = options;
    const sizes = files.map(({ length }) => length);
    const request = {
      type: "start",
      name: checkName("name", name),
      machine,
      files: sizes,
    } as const;
    await this.#call(request, signal, async (link) => {
      this.#expect(await this.#reply(link), "go-ahead");
      for (const file of files) await link.sendFile(file);
      this.#expect(await this.#reply(link), "done");
    });
  }

  /** The machines of the host, by name. */
  list({ signal }: CallOptions = {}): Promise<MachineStatus[]> {
    return this.#call({ type: "list" }, signal, async (link) => {
      const { bytes } = this.#expect(await this.#reply(link), "document");
      return readMachines(await link.receiveDocument(bytes));
    });
  }

  /**
   * Ends a machine; what it had in memory is lost.
   *
   * @param options - `force`: also one that is being moved.
   */
  async stop(
    name: string,
    { force = false, signal }: CallOptions & { readonly force?: boolean } = {},
  ): Promise<void> {
    const request = { type: "stop", name: checkName("name", name), force } as const;
    await this.#call(request, signal, async (link) => {
      this.#expect(await this.#reply(link), "done");
    });
  }

  /** Attaches to a machine's console: what it printed last comes first. */
  async console(name: string, { onOutput, signal }: ConsoleOptions): Promise<ConsoleSession> {
    const link = await this.#dial(signal);
    try {
      link.call({ type: "console", name: checkName("name", name) });
      this.#expect(await this.#reply(link), "attached");
    } catch (error) {
      link.close();
      throw error;
    }
    return {
      type: (bytes) => link.sendConsole(bytes),
      ended: this.#watch(link, onOutput, signal),
    };
  }

  /**
   * Moves a machine from this host to another; answers a report however it went.
   *
   * @param to - Address of the target, as this host dials it with its own credentials.
   * @throws InvalidOptionError, PeerFailedError when it could not even begin; the machine runs on here.
   */
  async move(name: string, to: string, options: MoveCallOptions = {}): Promise<MoveReport> {
    const { strategy = "pre-copy", settings = {}, signal } = options;
    const link = await this.#dial(signal);
    const cancel = (): void => link.call({ type: "cancel" });
    signal?.addEventListener("abort", cancel);
    try {
      link.call({ type: "move", name: checkName("name", name), to, strategy, settings });
      for (;;) {
        const reply = await this.#reply(link);
        if (reply.type === "document") return readReport(await link.receiveDocument(reply.bytes));
        tell(reply, options);
      }
    } finally {
      signal?.removeEventListener("abort", cancel);
      link.close();
    }
  }

  async #watch(
    link: ControlLink,
    onOutput: (bytes: Uint8Array) => void,
    signal: AbortSignal | undefined,
  ): Promise<ConsoleEnd> {
    const leave = (): void => link.close();
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave);
    try {
      for (;;) {
        const frame = await link.receive();
        if (frame === null) {
          if (signal?.aborted) return { movedTo: null, reason: "left" };
          throw (
            link.frames.failure ?? new PeerFailedError(this.address, "it closed the connection")
          );
        }
        if (frame.type === CONTROL_FRAMES.console) {
          onOutput(frame.body.slice());
        } else {
          return this.#expect(readReply(frame.body), "ended");
        }
      }
    } finally {
      signal?.removeEventListener("abort", leave);
      link.close();
    }
  }

  async #call<T>(
    request: ControlRequest,
    signal: AbortSignal | undefined,
    work: (link: ControlLink) => Promise<T>,
  ): Promise<T> {
    const link = await this.#dial(signal);
    const leave = (): void => link.close();
    signal?.addEventListener("abort", leave);
    try {
      link.call(request);
      return await work(link);
    } catch (error) {
      if (signal?.aborted) throw new AbortedError("interrupted", { cause: error });
      throw error;
    } finally {
      signal?.removeEventListener("abort", leave);
      link.close();
    }
  }

  async #dial(signal: AbortSignal | undefined): Promise<ControlLink> {
    const request = { purpose: "control" } as const;
    return new ControlLink(await dialHost(this.address, this.#credentials, request, signal));
  }

  async #reply(link: ControlLink): Promise<ControlReply> {
    const reply = await link.receiveReply();
    if (reply.type === "refused") throw errorOf(reply, this.address);
    return reply;
  }

  #expect<T extends ControlReply["type"]>(
    reply: ControlReply,
    type: T,
  ): ControlReply & { readonly type: T } {
    if (reply.type === type) return reply as ControlReply & { readonly type: T };
    throw new PeerFailedError(this.address, `it answers ${reply.type} where ${type} was expected`);
  }
}

function tell(reply: ControlReply, options: MoveCallOptions): void {
  if (reply.type === "begun") options.onBegin?.(reply);
  if (reply.type === "round") options.onRound?.(reply.round);
  if (reply.type === "progress") options.onProgress?.(reply.progress);
  if (reply.type === "note") options.onNote?.(reply.text);
}
