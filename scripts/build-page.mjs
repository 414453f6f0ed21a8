// Bundles the page of `godwit page` into dist/page/site, from what tsc has compiled. v86 is the user's own
// copy: the server hands it out beside the page, so it stays an import by address.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { PAGE_STYLE } from "../dist/page/style.js";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { imports } = JSON.parse(readFileSync(path("package.json"), "utf8"));
const V86 = "/v86/libv86.mjs";

const bundled = {
  external: [V86],
  output: { entryFileNames: "assets/[name]-[hash].js", chunkFileNames: "assets/[name]-[hash].js" },
};

await build({
  configFile: false,
  logLevel: "warn",
  root: path("src/page"),
  resolve: {
    alias: [
      { find: "#scalar-kernel", replacement: path(imports["#scalar-kernel"].browser) },
      { find: /^v86$/, replacement: V86 },
    ],
  },
  plugins: [
    {
      name: "style",
      transformIndexHtml: (html) => html.replace("<style></style>", `<style>${PAGE_STYLE}</style>`),
    },
  ],
  worker: { format: "es", rolldownOptions: bundled },
  build: {
    outDir: path("dist/page/site"),
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: bundled,
  },
});
