import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { InvalidOptionError } from "../errors.js";
import { type SiteOptions, siteFile } from "./page-site.js";

/** Only this computer may ask: whoever gets the page gets its token. */
const LOOPBACK = "127.0.0.1";
const NAMES = [LOOPBACK, "localhost"];

/** A running server of the page. */
export interface PageServer {
  /** As a browser is to open it. */
  readonly url: string;
  close(): Promise<void>;
}

/** Takes an upgrade to a WebSocket over, from a page of our own; whether it did. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

/**
 * Serves the page on loopback.
 *
 * @param port - 0: one that the system chooses.
 * @throws InvalidOptionError when the port is taken or not to be had.
 */
export async function servePage(
  port: number,
  site: SiteOptions,
  onUpgrade: OnUpgrade,
): Promise<PageServer> {
  const server = createServer((request, response) => {
    void answer(server, request, response, site);
  });
  server.on("upgrade", (request, socket, head) => {
    const isOwn = isOurs(server, request) && isFromOurPage(server, request);
    if (!isOwn) refuseUpgrade(socket, "403 Forbidden");
    else if (!onUpgrade(request, socket, head)) refuseUpgrade(socket, "404 Not Found");
  });
  await listen(server, port);
  return {
    url: `http://${LOOPBACK}:${portOf(server)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on("error", () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const problem =
        error.code === "EADDRINUSE"
          ? "is in use by another program"
          : `cannot be had (${error.code})`;
      const expected = `a free port, or 0 for any: ${LOOPBACK}:${port} ${problem}`;
      reject(new InvalidOptionError("port", String(port), expected, { cause: error }));
    });
    server.listen(port, LOOPBACK, () => resolve());
  });
}

async function answer(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
  site: SiteOptions,
): Promise<void> {
  const refuse = (status: number, words: string): void => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${words}\n`);
  };
  if (!isOurs(server, request)) return refuse(421, "This server is found at its own address only.");
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(405, "Only GET is known.");
  // As it was sent: nothing is unescaped, and no dots are walked.
  const [path = "/"] = (request.url ?? "/").split("?");
  const file = await siteFile(path, site).catch((error: Error) => error);
  if (file instanceof Error) return refuse(502, file.message);
  if (file === null) return refuse(404, "There is no such file.");
  response.writeHead(200, { ...file.headers, "content-length": file.body.byteLength });
  response.end(request.method === "HEAD" ? undefined : file.body);
}

/** A foreign name that was made to point at loopback (DNS rebinding) must not get at the token. */
function isOurs(server: Server, { headers }: IncomingMessage): boolean {
  return addressesOf(server).includes(headers.host ?? "");
}

/** Browsers say from which page a WebSocket is opened; a foreign page's is refused. Programs say nothing, and need the token. */
function isFromOurPage(server: Server, { headers }: IncomingMessage): boolean {
  const { origin } = headers;
  return origin === undefined || addressesOf(server).some((name) => origin === `http://${name}`);
}

function addressesOf(server: Server): string[] {
  return NAMES.map((name) => `${name}:${portOf(server)}`);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}
