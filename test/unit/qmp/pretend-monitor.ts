import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a pretended monitor does with a command; undefined: it stays silent. */
export type Answer = (command: string, args: Record<string, unknown>) => object | undefined;

export const GREETING: object = {
  QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 } }, capabilities: ["oob"] },
};

/** A monitor that only pretends, on a unix socket in a folder of its own. */
export class PretendMonitor {
  readonly folder: string = mkdtempSync(join(tmpdir(), "godwit-qmp-"));
  readonly path: string = join(this.folder, "qmp");
  /** Every request that came, in order. */
  readonly requests: Record<string, unknown>[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(onConnect: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      onConnect(socket);
    });
  }

  /** One that greets and answers commands. */
  static async answering(answer: Answer): Promise<PretendMonitor> {
    const monitor: PretendMonitor = new PretendMonitor((socket) => {
      socket.write(`${JSON.stringify(GREETING)}\r\n`);
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) monitor.#serve(socket, line, answer);
      });
    });
    return monitor.listen();
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
    return this;
  }

  /** Says something to everybody who is connected. */
  say(message: object): void {
    for (const socket of this.#sockets) socket.write(`${JSON.stringify(message)}\r\n`);
  }

  /** Ends as a QEMU that was killed does. */
  vanish(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.vanish();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #serve(socket: Socket, line: string, answer: Answer): void {
    const request = JSON.parse(line) as Record<string, unknown>;
    this.requests.push(request);
    const command = String(request["execute"] ?? request["exec-oob"]);
    const given = answer(command, (request["arguments"] ?? {}) as Record<string, unknown>);
    const value = command === "qmp_capabilities" ? { return: {} } : given;
    if (value !== undefined) socket.write(`${JSON.stringify({ ...value, id: request["id"] })}\r\n`);
  }
}
