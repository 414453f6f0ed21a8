import { InvalidOptionError } from "../errors.js";

/** Where hosts listen unless told otherwise. */
export const DEFAULT_PORT = 7700;

/** Where to listen or what to dial. */
export type Address = SocketAddress | UnixAddress | WebSocketAddress | BroadcastAddress;

/** A port of a host, plain or by TLS. */
export interface SocketAddress {
  readonly kind: "tcp" | "tls";
  readonly host: string;
  /** 0 is one that the system chooses, for listeners. */
  readonly port: number;
}

/** A socket of this host. */
export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}

/** A WebSocket. */
export interface WebSocketAddress {
  readonly kind: "ws" | "wss";
  readonly host: string;
  readonly port: number;
  /** Path and query, from the slash on. */
  readonly path: string;
}

/** A name among the tabs of one origin. */
export interface BroadcastAddress {
  readonly kind: "broadcast";
  readonly name: string;
}

const FORMS =
  "tcp://host:port, tls://host:port, unix:/path, ws://host:port/path, wss://host:port/path or broadcast:name";

/**
 * Reads an address. The port is 7700 unless one is written (443 for wss); hosts of IPv6 stand in brackets.
 *
 * @param option - What the address is called where it was written.
 * @throws InvalidOptionError that says what is wrong.
 */
export function parseAddress(text: string, option = "address"): Address {
  const wrong = (expected: string): InvalidOptionError =>
    new InvalidOptionError(option, text, expected);
  const scheme = /^([a-z]+):/.exec(text)?.[1];
  const rest = text.slice((scheme?.length ?? 0) + 1);
  switch (scheme) {
    case "tcp":
    case "tls": {
      const { host, port, path } = authority(rest, DEFAULT_PORT, wrong);
      if (path !== "") throw wrong(`${scheme}://host:port without a path`);
      return { kind: scheme, host, port };
    }
    case "ws":
    case "wss": {
      const { host, port, path } = authority(rest, scheme === "ws" ? DEFAULT_PORT : 443, wrong);
      return { kind: scheme, host, port, path: path === "" ? "/" : path };
    }
    case "unix":
      if (rest === "" || rest.includes("\0")) throw wrong("unix:/path/of/the/socket");
      return { kind: "unix", path: rest.startsWith("//") ? rest.slice(2) : rest };
    case "broadcast":
      if (!/^[\w.-]{1,100}$/.test(rest)) {
        throw wrong("broadcast:name, with up to 100 letters, digits, dots and dashes");
      }
      return { kind: "broadcast", name: rest };
    default:
      throw wrong(FORMS);
  }
}

/** An address as text, as {@link parseAddress} reads it. */
export function addressText(address: Address): string {
  switch (address.kind) {
    case "unix":
      return `unix:${address.path}`;
    case "broadcast":
      return `broadcast:${address.name}`;
    default: {
      const host = address.host.includes(":") ? `[${address.host}]` : address.host;
      const path = "path" in address ? address.path : "";
      return `${address.kind}://${host}:${address.port}${path}`;
    }
  }
}

/** Whether only processes of this computer reach such a host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function authority(
  rest: string,
  defaultPort: number,
  wrong: (expected: string) => InvalidOptionError,
): { host: string; port: number; path: string } {
  const match = /^\/\/(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?(\/[^\s#]*)?$/.exec(rest);
  if (match === null) throw wrong(FORMS);
  const [, name = "", digits, path = ""] = match;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port > 65_535) throw wrong("a port of 0 to 65535");
  return { host: name.replace(/^\[|\]$/g, ""), port, path };
}
