import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";

const FOLDER = "examples/hopping-life";
const ASC = "../../node_modules/assemblyscript/bin/asc.js";
const PATIENCE_MS = 40_000;

let server: ChildProcess;
let browser: Browser;
let lines: string[];

/** Waits for a line of the server's output behind the first `after`, and answers the number in it. */
async function said(pattern: RegExp, after = 0): Promise<number> {
  for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
    const found = lines.slice(after).map((line) => pattern.exec(line)?.[1]);
    const first = found.find((one) => one !== undefined);
    if (first !== undefined) return Number(first);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server never said ${pattern}, but: ${lines.join("; ")}`);
}

beforeAll(async () => {
  // The commands of the example's README.
  const flags = ["app.ts", "-o", "life.wasm", "-O3", "--runtime", "stub", "--use", "abort="];
  execFileSync(process.execPath, [ASC, ...flags], { cwd: FOLDER });
  server = spawn(process.execPath, ["server.mjs", "0"], { cwd: FOLDER, stdio: "pipe" });
  lines = [];
  for (const stream of [server.stdout, server.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  browser = await chromium.launch({
    executablePath: process.env["GODWIT_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
}, 2 * PATIENCE_MS);

afterAll(async () => {
  await browser?.close();
  server?.kill();
});

test(
  "the example hops to a page and back, and the game goes on",
  async () => {
    const port = await said(/127\.0\.0\.1:(\d+)/);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${port}/`);
    const before = await said(/here, at generation (\d+)/);

    const output = page.locator("output");
    await page.waitForFunction(() => document.querySelector<HTMLButtonElement>("#take")?.onclick);
    await page.locator("#take").click();
    const running = /It runs in this page, at generation (\d+)/;
    await output.filter({ hasText: running }).waitFor({ timeout: PATIENCE_MS });
    const there = Number(running.exec((await output.textContent()) ?? "")?.[1]);
    expect(there).toBeGreaterThan(before);
    expect(lines.join("\n")).toContain("to the page: completed");
    const pixels = await page.evaluate(() => {
      const pen = document.querySelector("canvas")?.getContext("2d");
      return [...new Set(new Uint32Array(pen?.getImageData(0, 0, 256, 256).data.buffer ?? []))];
    });
    expect(pixels.length, "cells that live and cells that do not").toBe(2);

    const known = lines.length;
    await page.locator("#back").click();
    await output.filter({ hasText: "on the server again" }).waitFor({ timeout: PATIENCE_MS });
    const back = await said(/back at generation (\d+)/, known);
    expect(back).toBeGreaterThan(there);
    expect(await said(/here, at generation (\d+)/, lines.length)).toBeGreaterThan(back);
    expect(errors).toEqual([]);
  },
  3 * PATIENCE_MS,
);
