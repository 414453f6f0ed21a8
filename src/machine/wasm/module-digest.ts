import { InvalidOptionError } from "../../errors.js";

/**
 * SHA-256 of a module, hexadecimal: how a peer names it.
 *
 * @throws InvalidOptionError where there is no cryptography: browsers have it on secure pages (https, localhost) only.
 */
export async function moduleDigest(module: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto;
  if (!subtle) {
    throw new InvalidOptionError("module", "an insecure page", "a page from https or localhost");
  }
  const digest = await subtle.digest("SHA-256", module.slice());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
