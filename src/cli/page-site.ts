import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One file of the site. */
export interface SiteFile {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the page is told when it is served; it stands in a `meta` element. */
export interface PageWelcome {
  /** Shared with whoever loads the page from here: machines are moved by it. */
  readonly token: string;
  /** Version of godwit. */
  readonly version: string;
  /** Why there is no v86, in words; null: there is. */
  readonly v86Problem: string | null;
  /** Paths of Linux's files on this server; null where they are not here. */
  readonly linux: Readonly<Record<string, string>> | null;
}

/** Where the site's files come from. */
export interface SiteOptions {
  readonly welcome: PageWelcome;
  /** Whether the page may share memory between threads, which browsers allow isolated pages only. */
  readonly isolated: boolean;
  /** Folder of v86's build; null: there is none. */
  readonly v86Folder: string | null;
  /** More files by their path on the server, made when they are asked for. */
  readonly extra: ReadonlyMap<string, () => Promise<Uint8Array>>;
}

const SITE = fileURLToPath(new URL("../../dist/page/site/", import.meta.url));
const V86_FILES = ["libv86.mjs", "v86.wasm"];
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** v86 computes its code at run time, which is WebAssembly's own kind of evaluation; its timer is a worker from a blob. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The folder of the installed v86's build; null when it is not installed. */
export function findV86(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve("v86"));
  } catch {
    return null;
  }
}

/**
 * Answers the file at a path of the site; null: there is none.
 *
 * @throws what keeps an extra file from being made.
 */
export async function siteFile(path: string, options: SiteOptions): Promise<SiteFile | null> {
  if (path === "/") return page(options);
  const make = options.extra.get(path);
  if (make) return { body: await make(), headers: headersOf("", "no-store", options) };
  const file = fileOf(path, options);
  if (file === null) return null;
  try {
    const body = await readFile(file);
    // Names of assets have a digest of what is in them.
    const caching = path.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-cache";
    return { body, headers: headersOf(extname(path), caching, options) };
  } catch {
    return null;
  }
}

function fileOf(path: string, { v86Folder }: SiteOptions): string | null {
  const asset = /^\/assets\/([\w-][\w.-]*)$/.exec(path)?.[1];
  if (asset !== undefined) return join(SITE, "assets", asset);
  const part = /^\/v86\/(.*)$/.exec(path)?.[1];
  if (part !== undefined && V86_FILES.includes(part) && v86Folder !== null)
    return join(v86Folder, part);
  return null;
}

async function page(options: SiteOptions): Promise<SiteFile> {
  const html = await readFile(join(SITE, "index.html"), "utf8");
  const words = JSON.stringify(options.welcome)
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;");
  const body = html.replace(
    '<meta name="godwit" content="">',
    () => `<meta name="godwit" content="${words}">`,
  );
  return { body: Buffer.from(body), headers: headersOf(".html", "no-store", options) };
}

function headersOf(
  extension: string,
  caching: string,
  { isolated }: SiteOptions,
): Record<string, string> {
  return {
    "content-type": TYPES[extension] ?? "application/octet-stream",
    "cache-control": caching,
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    ...(isolated && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }),
  };
}
