import {
  AbortedError,
  type GodwitError,
  InDoubtError,
  InvalidOptionError,
  isGodwitError,
  LinkFailedError,
  MigrationBlockedError,
  NotConvergedError,
  PeerFailedError,
  VerificationError,
  WireFormatError,
} from "../errors.js";

/** By tag; names of classes do not survive every bundler. */
const CLASSES: Readonly<Record<GodwitError["tag"], { readonly prototype: GodwitError }>> = {
  InvalidOptionError,
  MigrationBlockedError,
  NotConvergedError,
  LinkFailedError,
  PeerFailedError,
  InDoubtError,
  WireFormatError,
  VerificationError,
  AbortedError,
};

/** What of an error survives a message to another thread; {@link reviveError} makes it an error again. */
export function packError(error: unknown): unknown {
  if (!isGodwitError(error)) return error;
  const { message, stack, cause } = error;
  return { ...error, message, stack, cause };
}

/** Makes what {@link packError} answered an error again, of its own class. */
export function reviveError(packed: unknown): unknown {
  if (typeof packed !== "object" || packed === null || packed instanceof Error) return packed;
  const { tag } = packed as { tag: GodwitError["tag"] };
  const error = Object.create(CLASSES[tag].prototype) as object;
  return Object.defineProperties(error, Object.getOwnPropertyDescriptors(packed));
}
