import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/**
 * Examples of the README, marked so:
 *
 *     <!-- tested -->
 *     ```sh            or ```ts
 *     ...
 *     ```
 *
 *     ```text
 *     what it prints, to the letter
 *     ```
 *
 * Between the two may stand a paragraph. Without a text block the example only has to succeed. All run
 * in one empty folder, in order, so that one may use a file that another wrote.
 */
interface Example {
  readonly language: "sh" | "ts";
  readonly code: string;
  readonly printed: string | null;
}

const EXAMPLE =
  /<!-- tested -->\s*\n```(sh|ts)\n([\s\S]*?)\n```(?:\n+(?:[^\n`#<][^\n]*\n)*\n*```text\n([\s\S]*?)\n```)?/g;
const README = "README.md";
const TIMEOUT_MS = 60_000;

function readExamples(): Example[] {
  const text = existsSync(README) ? readFileSync(README, "utf8").replaceAll("\r\n", "\n") : "";
  return [...text.matchAll(EXAMPLE)].map(([, language, code = "", printed]) => ({
    language: language === "ts" ? "ts" : "sh",
    code,
    printed: printed ?? null,
  }));
}

const examples = readExamples();
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-readme-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "node_modules"));
  // The package as a user would have it installed, and its command on the PATH.
  symlinkSync(resolve("."), join(folder, "node_modules/godwit"), "junction");
  const command = `#!/bin/sh\nexec "${process.execPath}" "${resolve("dist/cli/main.js")}" "$@"\n`;
  writeFileSync(join(folder, "bin/godwit"), command, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): string {
  const path = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path, NO_COLOR: "1", FORCE_COLOR: "0", COLUMNS: "80" };
  const options = { cwd: folder, env, encoding: "utf8" as const, timeout: TIMEOUT_MS };
  return execFileSync(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
}

function runExample({ language, code }: Example, index: number): string {
  if (language === "sh") {
    const commands = code.replace(/^\$ /gm, "").replace(/\bnpx godwit\b/g, "godwit");
    return run("sh", ["-e", "-c", commands]);
  }
  const module = join(folder, `example-${index}.mjs`);
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  writeFileSync(module, ts.transpileModule(code, { compilerOptions }).outputText);
  return run(process.execPath, [module]);
}

/** Trailing blanks of a line are nothing that a README could show. */
function trimmed(text: string): string {
  return text.replace(/[ \t]+$/gm, "").trim();
}

test("README.md is there and has tested examples of the command and of the library", () => {
  expect(existsSync(README), "README.md is missing").toBe(true);
  const languages = new Set(examples.map(({ language }) => language));
  expect([...languages].sort(), "blocks after <!-- tested -->").toEqual(["sh", "ts"]);
});

test("every mark of the README stands before a block that is run", () => {
  const text = existsSync(README) ? readFileSync(README, "utf8") : "";
  expect(examples).toHaveLength(text.split("<!-- tested -->").length - 1);
});

describe("the README's examples", () => {
  const named = examples.map((example, index) => {
    return [example.code.split("\n")[0] ?? "", example, index] as const;
  });
  test.skipIf(named.length === 0).each(named)("%s", (_, example, index) => {
    const printed = runExample(example, index);
    if (example.printed !== null) expect(trimmed(printed)).toBe(trimmed(example.printed));
  });
});
