import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { InvalidOptionError } from "../../errors.js";

const SIGNATURE_MARK = "~Module signature appended~\n";

/** A module of the kernel. */
export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Modules and all that they depend on, each behind what it needs, as each of them says itself (`depends=` in
 * its section `.modinfo`). A package of Debian has no `modules.dep`; that is made when it is installed.
 *
 * @param folder - A tree with the kernel's modules, uncompressed (`.ko`).
 */
export function modulesInOrder(folder: string, names: readonly string[]): KernelModule[] {
  const paths = new Map<string, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".ko")) paths.set(nameOf(basename(path, ".ko")), join(folder, path));
  }
  const found = new Map<string, KernelModule>();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    const path = paths.get(name);
    if (path === undefined) throw new InvalidOptionError("module", name, "a module of the kernel");
    const bytes = readFileSync(path);
    for (const needed of dependenciesOf(bytes)) visit(needed);
    found.set(name, { name, bytes: withoutSignature(bytes) });
  };
  for (const name of names) visit(nameOf(name));
  return [...found.values()];
}

/** Files are written with hyphens or underscores, names only with underscores. */
function nameOf(text: string): string {
  return text.replaceAll("-", "_");
}

function dependenciesOf(module: Buffer): string[] {
  const start = module.indexOf("\0depends=") + 9;
  if (start < 9) return [];
  const text = module.toString("latin1", start, module.indexOf(0, start));
  return text
    .split(",")
    .filter((name) => name !== "")
    .map(nameOf);
}

/** The kernel takes modules without a signature, and checking one takes an emulated processor a second. */
function withoutSignature(module: Buffer): Buffer {
  const tail = module.length - SIGNATURE_MARK.length;
  if (module.toString("latin1", tail) !== SIGNATURE_MARK) return module;
  // Before the mark are twelve bytes, of which the last four are the length of the signature before them.
  return module.subarray(0, tail - 12 - module.readUInt32BE(tail - 4));
}
