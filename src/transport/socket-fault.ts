const MEANINGS: Record<string, string> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "it cut the connection",
  EPIPE: "it has closed the connection",
  ENOENT: "there is no such socket",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "it does not answer",
  EACCES: "this user may not",
  EADDRINUSE: "something listens there already",
  EADDRNOTAVAIL: "this computer has no such address",
};

/** What a socket's error means, in words. */
export function socketFault(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return MEANINGS[(cause as NodeJS.ErrnoException).code ?? ""] ?? cause.message;
}
