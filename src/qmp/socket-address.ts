import { InvalidOptionError } from "../errors.js";

/** Where a stream socket is: QEMU's own spelling, `unix:PATH` or `tcp:HOST:PORT`. */
export type SocketAddress =
  | { readonly kind: "unix"; readonly path: string; readonly text: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly text: string };

const EXPECTED = "unix:PATH or tcp:HOST:PORT";
/** What the kernel allows for the name of a socket, its final NUL left out. */
const MAX_UNIX_PATH_BYTES = 107;

/**
 * Reads `unix:PATH` or `tcp:HOST:PORT`; an IPv6 host stands in brackets, as in `tcp:[::1]:4444`. An empty
 * host is the local one.
 *
 * @param option - Name of the option as the caller wrote it, for the error.
 * @throws InvalidOptionError for anything else, also for paths too long for a socket.
 */
export function parseSocketAddress(option: string, value: string): SocketAddress {
  if (value.startsWith("unix:")) {
    const path = value.slice("unix:".length);
    if (path === "" || path.includes("\0")) throw new InvalidOptionError(option, value, EXPECTED);
    if (new TextEncoder().encode(path).length > MAX_UNIX_PATH_BYTES) {
      throw new InvalidOptionError(option, value, `a path of at most ${MAX_UNIX_PATH_BYTES} bytes`);
    }
    return { kind: "unix", path, text: value };
  }
  const parts = /^tcp:(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(value);
  if (parts === null) throw new InvalidOptionError(option, value, EXPECTED);
  const port = Number(parts[3]);
  if (port > 65_535) throw new InvalidOptionError(option, value, "a port from 0 to 65535");
  const host = parts[1] ?? (parts[2] || "127.0.0.1");
  return { kind: "tcp", host, port, text: value };
}

/** The address of a monitor: as {@link parseSocketAddress}, or the bare path of a unix socket. */
export function parseMonitorAddress(option: string, value: string): SocketAddress {
  const isBare = !/^(unix|tcp):/.test(value);
  return parseSocketAddress(option, isBare ? `unix:${value}` : value);
}
