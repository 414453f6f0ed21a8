import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

const PIECE_BYTES = 16_384;

/** A link to a host that is slow and can be cut: what comes is passed on in pieces, a millisecond apart. */
export class SlowLink {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  /** Bytes until it cuts everything that goes through it, once. */
  #cutsAfter = Number.POSITIVE_INFINITY;
  #cuts = 0;

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.address = `tcp://127.0.0.1:${port}`;
  }

  /** To a host at `tcp://127.0.0.1:port`. */
  static async to(host: string): Promise<SlowLink> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const link = new SlowLink(server, port, sockets);
    server.on("connection", (near) => {
      const far = connect({ port: Number(new URL(host).port), host: "127.0.0.1" });
      void link.#pass(near, far, true);
      void link.#pass(far, near, false);
    });
    return link;
  }

  /** How often it was cut. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Cuts it when so many bytes more have gone to the host. */
  cutAfter(bytes: number): void {
    this.#cutsAfter = bytes;
  }

  close(): void {
    this.#server.close();
    this.#cut();
  }

  async #pass(from: Socket, to: Socket, isForth: boolean): Promise<void> {
    this.#sockets.add(from);
    from.on("error", () => {});
    from.on("close", () => this.#sockets.delete(from));
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
          to.write(chunk.subarray(at, at + PIECE_BYTES));
          if (!isForth) continue;
          this.#count(Math.min(PIECE_BYTES, chunk.length - at));
          await setTimeout(1);
        }
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  #count(bytes: number): void {
    this.#cutsAfter -= bytes;
    if (this.#cutsAfter > 0) return;
    this.#cutsAfter = Number.POSITIVE_INFINITY;
    this.#cuts += 1;
    this.#cut();
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
