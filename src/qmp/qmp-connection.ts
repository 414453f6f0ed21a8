import type { Socket } from "node:net";
import { assert, PeerFailedError } from "../errors.js";
import { LineSplitter } from "./line-splitter.js";
import { type QmpEvent, type QmpGreeting, type QmpMessage, readQmpMessage } from "./qmp-message.js";
import { parseMonitorAddress } from "./socket-address.js";
import { connectSocket, reasonOf } from "./socket-connection.js";

/** How a monitor is spoken to. */
export interface QmpOptions {
  /** Longest wait for the connection and for each answer, ms. Default 30 000: QEMU's main loop may be busy with a migration. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Longest wait for a greeting, ms: nothing is asked yet that could take long. */
const GREETING_MS = 10_000;

/** QEMU refused a command. */
export class QmpCommandError extends PeerFailedError {
  readonly command: string;
  /** QEMU's class of the error, such as `CommandNotFound` or `GenericError`. */
  readonly errorClass: string;
  constructor(peer: string, command: string, errorClass: string, description: string) {
    super(peer, `QEMU refuses ${command}: ${description}`);
    this.command = command;
    this.errorClass = errorClass;
  }
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A connection to QEMU's monitor, after the exchange of capabilities. */
export class QmpConnection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #lines: LineSplitter = new LineSplitter();
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #endings = new Set<(failure: PeerFailedError) => void>();
  #nextId = 1;
  #greeting: QmpGreeting | null = null;
  #onGreeting: (() => void) | null = null;
  #failure: PeerFailedError | null = null;

  private constructor(address: string, socket: Socket, timeoutMs: number) {
    this.address = address;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (cause) => this.#fail(`${reasonOf(cause)}; the VM may be gone`, cause));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#fail("it closed the connection; the VM may be gone"));
  }

  /**
   * Connects to `unix:PATH`, `tcp:HOST:PORT` or the bare path of a socket.
   *
   * @throws InvalidOptionError for what is no address.
   * @throws PeerFailedError when nobody is there, or what is there is no QMP monitor.
   */
  static async open(address: string, options: QmpOptions = {}): Promise<QmpConnection> {
    const timeoutMs = options.timeoutMs ?? 30_000;
    const where = parseMonitorAddress("qmp", address);
    const socket = await connectSocket(where, timeoutMs, options.signal);
    const connection = new QmpConnection(address, socket, timeoutMs);
    const giveUp = (): void => connection.#fail("interrupted before the monitor had answered");
    options.signal?.addEventListener("abort", giveUp);
    try {
      await connection.#greeted();
      // Out-of-band commands get through while the main loop waits for a lost page.
      const enable = connection.hasOutOfBand ? { enable: ["oob"] } : {};
      await connection.execute("qmp_capabilities", enable);
      return connection;
    } catch (error) {
      // A socket that stays open keeps the process from its end, and other clients from the monitor.
      connection.close();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
    }
  }

  /** What QEMU said of itself. */
  get greeting(): QmpGreeting {
    assert(this.#greeting !== null, "a connection is handed out after the greeting");
    return this.#greeting;
  }

  /** Whether commands may run out of band. */
  get hasOutOfBand(): boolean {
    return this.greeting.capabilities.includes("oob");
  }

  /**
   * Executes a command and answers what QEMU returns.
   *
   * @throws QmpCommandError when QEMU refuses.
   * @throws PeerFailedError when the monitor is gone or silent.
   */
  execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: { readonly outOfBand?: boolean; readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new PeerFailedError(this.address, `no answer to ${command} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { command, resolve, reject, timer });
      const verb = options.outOfBand && this.hasOutOfBand ? "exec-oob" : "execute";
      this.#socket.write(`${JSON.stringify({ [verb]: command, arguments: args, id })}\n`);
    });
  }

  /** Calls `listener` at each event until the answered function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The next event with this name that `matches`. Ask before doing what causes it.
   *
   * @throws PeerFailedError when it does not come within `timeoutMs`, or the monitor is gone.
   */
  nextEvent(
    name: string,
    matches: (event: QmpEvent) => boolean = () => true,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<QmpEvent> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        stop();
        this.#endings.delete(onEnd);
      };
      const onEnd = (failure: PeerFailedError): void => {
        settle();
        reject(failure);
      };
      const timer = setTimeout(
        () => onEnd(new PeerFailedError(this.address, `no event ${name} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const stop = this.onEvent((event) => {
        if (event.event !== name || !matches(event)) return;
        settle();
        resolve(event);
      });
      if (this.#failure !== null) return onEnd(this.#failure);
      this.#endings.add(onEnd);
    });
  }

  /** Closes the connection; what is still asked fails. QEMU and its guest run on. */
  close(): void {
    this.#fail("the connection was closed");
  }

  #greeted(): Promise<void> {
    const timeoutMs = Math.min(this.#timeoutMs, GREETING_MS);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#endings.delete(onEnd);
      };
      const onEnd = (failure: PeerFailedError): void => {
        settle();
        reject(failure);
      };
      this.#endings.add(onEnd);
      this.#onGreeting = () => {
        settle();
        resolve();
      };
      const timer = setTimeout(
        () =>
          this.#fail(
            `no greeting of a QMP monitor within ${timeoutMs} ms (it may be another kind of socket, or serve another client)`,
          ),
        timeoutMs,
      );
    });
  }

  #receive(chunk: Buffer): void {
    const lines = this.#lines.push(chunk);
    if (lines === null) this.#fail("this is not QMP: a line without end");
    for (const line of lines ?? []) {
      if (line.trim() === "") continue;
      const message = readQmpMessage(line);
      if (message === null) this.#fail("what it says is not QMP");
      else this.#take(message);
    }
  }

  #take(message: QmpMessage): void {
    if (message.kind === "greeting") {
      this.#greeting = message.greeting;
      this.#onGreeting?.();
    } else if (this.#greeting === null) {
      this.#fail("this is not QMP: it does not begin with a greeting");
    } else if (message.kind === "event") {
      for (const listener of [...this.#listeners]) listener(message.event);
    } else if (message.id !== null) {
      this.#settle(message.id, message);
    }
  }

  #settle(id: number, message: Extract<QmpMessage, { kind: "answer" | "refusal" }>): void {
    const pending = this.#pending.get(id);
    // Nobody waits any more for the answer to a command that took too long.
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (message.kind === "answer") {
      pending.resolve(message.value);
    } else {
      const { errorClass, description } = message;
      pending.reject(new QmpCommandError(this.address, pending.command, errorClass, description));
    }
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#failure !== null) return;
    const failure = new PeerFailedError(this.address, reason, { cause });
    this.#failure = failure;
    this.#socket.destroy();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    this.#pending.clear();
    for (const onEnd of [...this.#endings]) onEnd(failure);
  }
}
