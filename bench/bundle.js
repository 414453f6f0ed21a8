import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../dist/browser.js", import.meta.url));

/**
 * What a page must load to have the library, the kernel with it: the entry and all that it imports. What
 * the library loads later, when a report is first drawn as HTML, is a figure of its own, `lazyBytes`.
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
    `HTML reports: ${lazyBytes} bytes more after gzip, loaded when the first one is drawn.`;
  return { results: [result], absent: {}, text };
}

/** The chunks of a build for browsers, by file name. */
async function bundle() {
  const [{ output }] = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      lib: { entry: ENTRY, formats: ["es"], fileName: "godwit" },
      // Of a library, Vite leaves the blanks: what a page loads has none.
      rolldownOptions: { output: { minify: true } },
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
