import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const NODE_ROOMS =
  "test/{unit,conformance,property,golden,simulation,package,bench,reference}/**/*.test.ts";

/** Tests of rooms that touch nothing outside of themselves. */
const PURE_ROOMS = [
  "test/{conformance,property,golden}/**/*.test.ts",
  "test/unit/{fleet,kernel,memory,migration,observe,policy,predict}/**/*.test.ts",
  "test/unit/{qemu,report,scenario,wire,workload,world}/**/*.test.ts",
];

// The scalar build is tested in browsers too, although their bundles leave it out.
const resolve = {
  alias: {
    "#scalar-kernel": fileURLToPath(
      new URL("src/kernel/scalar-kernel.generated.ts", import.meta.url),
    ),
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "pure",
          include: PURE_ROOMS,
          // Before the others, which want a processor for themselves.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What one file has loaded serves the next.
          isolate: false,
        },
      },
      {
        resolve,
        test: {
          name: "node",
          include: [NODE_ROOMS],
          exclude: PURE_ROOMS,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "qemu",
          sequence: { groupOrder: 1 },
          include: ["test/qemu/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // A guest that must wait for its processor is not the guest that was meant.
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          name: "machines",
          sequence: { groupOrder: 1 },
          include: ["test/machines/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Machines that really run, and times that are taken of them.
          fileParallelism: false,
        },
      },
      {
        resolve,
        test: {
          name: "hosts",
          sequence: { groupOrder: 3 },
          include: ["test/hosts/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Hosts that are processes, of which nobody takes times.
          maxWorkers: 2,
        },
      },
      {
        resolve,
        test: {
          name: "redis",
          // Its workers are processes that mostly wait: beside the browser.
          sequence: { groupOrder: 2 },
          include: ["test/redis/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        // Everything a page's scripts need is found while Vite starts, rather than by a reload amid the tests.
        optimizeDeps: {
          include: [
            "ws",
            "fast-check",
            "binaryen",
            "@assemblyscript/loader",
            "fflate",
            "fzstd",
            "hash-wasm",
            "lz4js",
            "v86",
          ],
        },
        // Shared memory, and with it threads, is for isolated pages only.
        server: {
          headers: {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
          },
        },
        // The recorded fixture comes inlined: a server would unpack it on the way.
        assetsInclude: ["**/*.gz"],
        test: {
          name: "browser",
          sequence: { groupOrder: 2 },
          globalSetup: "test/browser/web-socket-host.ts",
          include: [
            "test/conformance/**/*.test.ts",
            "test/unit/kernel/**/*.test.ts",
            "test/golden/**/*.test.ts",
            "test/browser/**/*.test.ts",
          ],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env["GODWIT_CHROMIUM"] ?? "/usr/bin/chromium",
                args: [
                  "--no-sandbox",
                  "--disable-gpu",
                  "--disable-quic",
                  "--no-first-run",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                ],
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
