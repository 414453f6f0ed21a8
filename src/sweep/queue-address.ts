import { InvalidOptionError } from "../errors.js";

/** Where points wait for workers: a Redis server, and a name there. */
export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Whether the connection is encrypted (`rediss:`). */
  readonly isEncrypted: boolean;
  readonly name: string;
  /** To be shown: without the password. */
  readonly text: string;
}

const FORM = "redis://[USER:PASSWORD@]HOST[:PORT][/NAME], or rediss://...";
const REDIS_PORT = 6379;

/** Reads the address of a queue; the name is `godwit` where none is given. */
export function parseQueueAddress(option: string, text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isRedis = url !== null && ["redis:", "rediss:"].includes(url.protocol);
  // Whatever is wrong with it, a password in it is not to be shown.
  const shown = text.replace(/\/\/[^@/]*@/, "//...@");
  const refuse = (expected: string) => new InvalidOptionError(option, shown, expected);
  if (!isRedis || url.hostname === "" || url.search !== "" || url.hash !== "") throw refuse(FORM);
  const name = url.pathname.replace(/^\/$/, "").slice(1) || "godwit";
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw refuse(`${FORM}, where NAME is up to 64 letters, digits, - and _`);
  }
  const port = url.port === "" ? REDIS_PORT : Number(url.port);
  const decoded = (part: string): string | undefined => {
    try {
      return part === "" ? undefined : decodeURIComponent(part);
    } catch {
      throw refuse(FORM);
    }
  };
  return {
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    username: decoded(url.username),
    password: decoded(url.password),
    isEncrypted: url.protocol === "rediss:",
    name,
    text: `${url.protocol}//${url.hostname}:${port}/${name}`,
  };
}
