import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** The files `npm pack` would put into the package. */
function packedFiles(): Packed {
  const npm = process.env["npm_execpath"];
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"];
  const output = npm?.endsWith(".js")
    ? execFileSync(process.execPath, [npm, ...args], { encoding: "utf8" })
    : execFileSync("npm", args, { encoding: "utf8", shell: process.platform === "win32" });
  const [packed] = JSON.parse(output) as [Packed];
  return packed;
}

/** What a module imports: names in `import`, `export from` and `import()`. */
function importsOf(file: string): string[] {
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  // A specifier has no blanks, which tells it from code between two strings.
  const from = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\s]+)["']/g);
  return [...from].map(([, name = ""]) => name);
}

/** What package.json puts in the place of a name with #, in browsers. */
function inBrowsers(name: string): string {
  const { imports } = JSON.parse(readFileSync("package.json", "utf8"));
  return imports[name].browser;
}

/** Files of dist that the entry for browsers reaches, and the packages they name. */
function reachedFrom(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const name of importsOf(file)) {
      if (name.startsWith(".")) visit(join(dirname(file), name));
      else if (name.startsWith("#")) visit(join(inBrowsers(name)));
      else packages.add(name);
    }
  };
  visit(entry);
  return { files: [...files], packages: [...packages].sort() };
}

describe("the published package", () => {
  test("has what a user needs and nothing else", () => {
    const { files, size } = packedFiles();
    const paths = files.map(({ path }) => path);
    for (const needed of [
      "LICENSE",
      "README.md",
      "package.json",
      "dist/node.js",
      "dist/node.d.ts",
      "dist/browser.js",
      "dist/browser.d.ts",
      "dist/qemu.js",
      "dist/qemu.d.ts",
      "dist/cli/main.js",
      "fixtures/fleet/load-balancing.yaml",
      "fixtures/kv-store/base.ram.gz",
      "fixtures/kv-store/deltas.bin.gz",
      "fixtures/kv-store/meta.json",
      "schema/fleet.schema.json",
      "schema/scenario.schema.json",
      "schema/sweep.schema.json",
    ]) {
      expect(paths).toContain(needed);
    }
    const others = paths.filter(
      (path) => !/^(dist|fixtures|schema)\/|^(LICENSE|README\.md|package\.json)$/.test(path),
    );
    expect(others).toEqual([]);
    expect(paths.filter((path) => /\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(size).toBeLessThan(5e6);
  });

  test("passes publint", async () => {
    const { messages, pkg } = await publint({ pkgDir: ".", strict: true, pack: "npm" });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("its command can be run", () => {
    expect(readFileSync("dist/cli/main.js", "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

/** What a script answers where names resolve as in browsers' bundles. */
function asBrowser(script: string): unknown[] {
  const code = `console.log(JSON.stringify(await (async () => {${script}})()))`;
  const args = ["--conditions", "browser", "--input-type", "module", "--eval", code];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

describe("in browsers", () => {
  test("nothing of Node is reached", () => {
    const { files, packages } = reachedFrom("dist/browser.js");
    expect(files.length).toBeGreaterThan(1);
    const ofNode = packages.filter(
      (name) => name.startsWith("node:") || builtinModules.includes(name),
    );
    expect(ofNode).toEqual([]);
    expect(files.filter((file) => /\/cli\/|world\/files\.js$/.test(file))).toEqual([]);
  });

  test("only packages that run in browsers are reached", () => {
    const { packages } = reachedFrom("dist/browser.js");
    const known = ["@assemblyscript/loader", "fflate", "fzstd", "valibot"];
    expect(packages.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("the scalar build is left out, and who asks for it is told", () => {
    const { files } = reachedFrom("dist/browser.js");
    expect(files).toContain(join("dist/kernel/no-scalar-kernel.js"));
    expect(files).not.toContain(join("dist/kernel/scalar-kernel.generated.js"));
    const [fastest, asked, without] = asBrowser(`
      const { isGodwitError } = await import("godwit");
      const { createKernel } = await import("./dist/kernel/load.js");
      const fastest = createKernel(16).backend;
      let asked;
      try {
        createKernel(16, "scalar");
      } catch (error) {
        asked = isGodwitError(error, "InvalidOptionError") && error.message;
      }
      WebAssembly.validate = () => false;
      const { createKernel: create } = await import("./dist/kernel/load.js?without-simd");
      return [fastest, asked, create(16).backend];
    `);
    expect(fastest).toBe("simd");
    expect(asked).toBe('backend: got "scalar", expected one that can run here');
    expect(without).toBe("reference");
  });

  test("the compiled kernel is embedded: nothing fetches or reads it", () => {
    expect(existsSync("dist/kernel/load.js"), "run `npm run build` first").toBe(true);
    const code = readdirSync("dist/kernel", { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".js"))
      .map((file) => join("dist/kernel", file));
    for (const file of code) {
      expect(importsOf(file).filter((name) => /^node:|^fs/.test(name))).toEqual([]);
      expect(readFileSync(file, "utf8")).not.toMatch(/\bfetch\(|readFile|\.wasm["'`]/);
    }
  });
});
