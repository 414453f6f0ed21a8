import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../dist/browser.js", import.meta.url));

/**
 * What a page must load to have the library, the kernel with it: the entry and all that it imports. What
 * the library loads later is a figure of its own, `lazyBytes`: what draws reports as HTML, what reads
 * recorded traces and QEMU's streams, and what starts threads, each when it is first wanted.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchBundle({ onProgress }) {
  onProgress("browser library");
  const chunks = await bundle();
  const first = loadedFirst(chunks);
  const later = [...chunks.values()].filter((chunk) => !first.has(chunk));
  const bytes = gzipped(first);
  const lazyBytes = gzipped(later);
  const minifiedBytes = [...first].reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
  const result = {
    group: "bundle",
    name: "browser library",
    pattern: "minified, gzip",
    bytes,
    lazyBytes,
    minifiedBytes,
    ratioTo: {},
  };
  const text =
    `The library for browsers, kernel included: ${bytes} bytes after gzip, ${minifiedBytes} minified. ` +
    `HTML reports, recorded traces, QEMU's streams and threads: ${lazyBytes} bytes more after gzip, each loaded when first wanted.`;
  return { results: [result], absent: {}, text };
}

/**
 * The chunks of a page's build, by file name. Of a library, Vite leaves blanks, and notes for the next
 * bundler, and keeps the entry free of what is only shared with a later chunk; of a page it does not.
 */
async function bundle() {
  const [{ output }] = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      lib: { entry: ENTRY, formats: ["es"], fileName: "godwit" },
      rolldownOptions: {
        preserveEntrySignatures: "allow-extension",
        output: { minify: true, comments: false },
      },
    },
  });
  return new Map(output.filter((file) => "code" in file).map((chunk) => [chunk.fileName, chunk]));
}

/** The entry and what it imports, and so on; without what it imports only on demand. */
function loadedFirst(chunks) {
  const first = new Set([...chunks.values()].filter(({ isEntry }) => isEntry));
  for (const { imports } of first) {
    for (const name of imports) first.add(chunks.get(name));
  }
  return first;
}

/** Bytes of chunks as servers send them: each compressed by itself. */
function gzipped(chunks) {
  return [...chunks].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}
