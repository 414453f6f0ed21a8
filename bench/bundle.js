import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../dist/browser.js", import.meta.url));

/**
 * What a page must load to have the whole library, the kernel with it.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchBundle({ onProgress }) {
  onProgress("browser library");
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
  const code = output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  const bytes = gzipSync(code, { level: 9 }).length;
  const result = {
    group: "bundle",
    name: "browser library",
    pattern: "minified, gzip",
    bytes,
    minifiedBytes: code.length,
    ratioTo: {},
  };
  const text = `The library for browsers, kernel included: ${bytes} bytes after gzip, ${code.length} minified.`;
  return { results: [result], absent: {}, text };
}
