import type { StreamInspection } from "./inspection.js";
import type { DecoderOptions } from "./stream-decoder.js";
import type { VmImageOptions } from "./vm-image.js";

/** Limits for reading a recorded migration. */
export interface InspectOptions
  extends Pick<DecoderOptions, "deviceLimit">,
    Pick<VmImageOptions, "memoryLimit"> {}

/**
 * Reads a recorded migration of QEMU and tells what is in it. The decoder is loaded when the first one is
 * asked for; its parts are exported by `godwit/qemu`.
 *
 * @param channels - The main one, and those of multifd or the second one of a post-copy, in any order.
 *   Chunks of a channel must not change before the next one is asked for.
 * @throws WireFormatError for bytes that break the format, or more memory or device state than the limits.
 * @throws InvalidOptionError unless exactly one channel is a main one.
 */
export async function inspectStream(
  channels: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[],
  options: InspectOptions = {},
): Promise<StreamInspection> {
  const inspect = await import("./inspect.js");
  return inspect.inspectStream(channels, options);
}
