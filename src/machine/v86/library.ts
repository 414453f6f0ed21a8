import { InvalidOptionError } from "../../errors.js";
import type { V86Library } from "./emulator.js";
import { V86_VERSION } from "./layout.js";
import { patchPageWalk } from "./page-walk-patch.js";

const INSTALL = `v86 ${V86_VERSION}: npm install v86@${V86_VERSION}`;

/** Node's way to its own modules that bundlers need not see; browsers have none. */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule(name: "node:module"): NodeModules;
  getBuiltinModule(name: "node:fs"): NodeFiles;
}

interface NodeModules {
  createRequire(from: string): { resolve(name: string): string };
}

interface NodeFiles {
  readFileSync(path: string): Uint8Array;
}

function nodeProcess(): NodeProcess | null {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.versions?.node ? process : null;
}

/**
 * v86 itself.
 *
 * @throws InvalidOptionError when it is not installed, or as another version.
 */
export async function importV86(): Promise<V86Library> {
  const node = nodeProcess();
  if (node) checkVersion(node);
  try {
    return (await import("v86")) as unknown as V86Library;
  } catch (cause) {
    throw new InvalidOptionError("v86", "a module that cannot be imported", INSTALL, { cause });
  }
}

/** Where v86's files lie; null when it is not installed. */
function folderOf(node: NodeProcess): string | null {
  const from = node.getBuiltinModule("node:module").createRequire(import.meta.url);
  try {
    return from.resolve("v86").replace(/[^/\\]*$/, "");
  } catch {
    return null;
  }
}

function checkVersion(node: NodeProcess): void {
  const folder = folderOf(node);
  if (folder === null) throw new InvalidOptionError("v86", "nothing installed", INSTALL);
  const text = readFile(node, `${folder}../package.json`);
  const { version } = JSON.parse(new TextDecoder().decode(text)) as { version?: unknown };
  // The package's version goes on with "+" and the commit it was made of.
  if (String(version).split("+")[0] !== V86_VERSION) {
    throw new InvalidOptionError("v86", version, INSTALL);
  }
}

function readFile(node: NodeProcess, path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(node.getBuiltinModule("node:fs").readFileSync(path));
}

/** v86's module, with the patch or without. */
export interface V86Module {
  readonly module: WebAssembly.Module;
  /** Why it is not patched; null: it is. */
  readonly unpatched: string | null;
}

/** Compiled modules by where they are from; machines of one process share their code. */
const compiled = new Map<string, Promise<V86Module>>();

/**
 * The module, compiled once a process.
 *
 * @param source - Its bytes, or their address. Default: those beside the library, which only Node finds;
 * those without SIMD where there is none.
 * @param isPatched - Whether to try the patch.
 */
export function loadModule(
  source: Uint8Array | URL | string | undefined,
  isPatched: boolean,
): Promise<V86Module> {
  if (source instanceof Uint8Array) return compile(new Uint8Array(source), isPatched);
  const key = `${isPatched} ${source ?? ""}`;
  const known = compiled.get(key);
  if (known) return known;
  const loading = read(source).then((bytes) => compile(bytes, isPatched));
  compiled.set(key, loading);
  // What could not be had may be had later.
  loading.catch(() => compiled.delete(key));
  return loading;
}

async function compile(bytes: Uint8Array<ArrayBuffer>, isPatched: boolean): Promise<V86Module> {
  if (isPatched) {
    try {
      return { module: await WebAssembly.compile(patchPageWalk(bytes).wasm), unpatched: null };
    } catch (error) {
      return { module: await plain(bytes), unpatched: (error as Error).message };
    }
  }
  return { module: await plain(bytes), unpatched: "it was not wanted" };
}

async function plain(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new InvalidOptionError("wasm", "a module that does not compile", "v86.wasm", { cause });
  }
}

async function read(source: URL | string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (source !== undefined) return fetchBytes(source);
  const node = nodeProcess();
  if (!node) {
    throw new InvalidOptionError("wasm", undefined, "the address of v86.wasm, or its bytes");
  }
  const folder = folderOf(node);
  if (folder === null) throw new InvalidOptionError("v86", "nothing installed", INSTALL);
  return readFile(node, `${folder}${hasSimd() ? "v86.wasm" : "v86-fallback.wasm"}`);
}

async function fetchBytes(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  const expected = "the address of v86.wasm";
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new InvalidOptionError("wasm", String(url), expected, { cause });
  }
  if (!response.ok) {
    throw new InvalidOptionError("wasm", `${url} (status ${response.status})`, expected);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Whether vectors of 128 bits work: a function that answers one of zeros and drops it. */
function hasSimd(): boolean {
  const code = [10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11];
  return WebAssembly.validate(
    Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, ...code]),
  );
}
