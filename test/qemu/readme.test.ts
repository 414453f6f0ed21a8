import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { expect, test } from "vitest";

const EXAMPLE =
  /<!-- tested with QEMU -->\s*\n```sh\n([\s\S]*?)\n```[\s\S]*?```text\n([\s\S]*?)\n```/;

/** Figures differ from run to run; the words may not. */
function words(text: string): string[] {
  return text
    .trim()
    .replace(/[\d\u202f.]+( (ns|µs|ms|s|KiB|MiB))?/g, "#")
    .split("\n");
}

test("the README's example with real QEMUs does what it says", () => {
  const [, script = "", printed = ""] = EXAMPLE.exec(readFileSync("README.md", "utf8")) ?? [];
  expect(script).toContain("godwit receive");
  const folder = mkdtempSync(join(tmpdir(), "godwit-readme-"));
  try {
    const command = `#!/bin/sh\nexec "${process.execPath}" "${resolve("dist/cli/main.js")}" "$@"\n`;
    writeFileSync(join(folder, "godwit"), command, { mode: 0o755 });
    const env = { ...process.env, PATH: [folder, process.env["PATH"]].join(delimiter) };
    const out = execFileSync("sh", ["-e", "-c", script], { cwd: folder, env, encoding: "utf8" });
    expect(words(out)).toEqual(words(printed));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
