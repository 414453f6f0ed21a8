import { type ChildProcess, spawn } from "node:child_process";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { type TestGuestReport, testGuestReports } from "../../src/machine/v86/test-guest.js";

const CHROMIUM = process.env["GODWIT_CHROMIUM"] ?? "/usr/bin/chromium";
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** `godwit page`, running. */
export interface PageProcess {
  readonly url: string;
  /** What it has said on stderr. */
  readonly said: () => string;
  /** Ends it as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `godwit page` on a port that the system chooses. */
export function startPage(...flags: string[]): Promise<PageProcess> {
  const child = spawn(process.execPath, ["dist/cli/main.js", "page", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let said = "";
  child.stderr.on("data", (data) => {
    said += data;
  });
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`godwit page ended with ${code}: ${said}`)));
    child.stdout.on("data", (data) => {
      out += data;
      const url = /http:\S+/.exec(out)?.[0];
      if (url !== undefined) resolve({ url, said: () => said, stop: () => stop(child) });
    });
  });
}

function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGINT");
  });
}

/** A browser with one profile, so that its tabs find each other. */
export class BrowserRig {
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  /** Errors that no script caught. */
  readonly errors: string[] = [];

  static async start(): Promise<BrowserRig> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    return new BrowserRig(browser, await browser.newContext());
  }

  private constructor(browser: Browser, context: BrowserContext) {
    this.#browser = browser;
    this.#context = context;
  }

  async openTab(url: string): Promise<Tab> {
    const page = await this.#context.newPage();
    page.on("pageerror", (error) => this.errors.push(error.message));
    await page.goto(url);
    await page.waitForSelector("#places tr.here");
    return new Tab(page);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}

/** A tab with the page. */
export class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The row of a place: `tab 2`, `the server (godwit page)`; without a name this tab's own. */
  #row(place?: string): string {
    return place === undefined ? "#places tr.here" : `#places tr[data-place="${place}"]`;
  }

  /** Presses a button in the row of a place, as soon as it can be pressed. */
  async press(words: string, place?: string): Promise<void> {
    await this.page.click(`${this.#row(place)} button:text-is("${words}"):enabled`);
  }

  async choose(strategy: string): Promise<void> {
    await this.page.selectOption("#strategy", strategy);
  }

  /** Has moves from here compare all memory. */
  async compareAll(): Promise<void> {
    await this.page.check("#verify");
  }

  /** Whether this tab says that something of its machine is so. */
  async waitForMachine(words: string | RegExp): Promise<void> {
    await this.page.locator(this.#row()).filter({ hasText: words }).waitFor();
  }

  /** What the machine has printed, as far as it is shown here. */
  async console(): Promise<string> {
    return (await this.page.textContent("#console")) ?? "";
  }

  /** Waits until the test guest has reported so many times since now. */
  async waitForReports(more: number): Promise<readonly TestGuestReport[]> {
    const before = testGuestReports(await this.console()).length;
    for (;;) {
      const reports = testGuestReports(await this.console());
      if (reports.length >= before + more) return reports;
      await this.page.waitForTimeout(50);
    }
  }

  /** The report of the last move, once it is there, by label. */
  async report(): Promise<ReadonlyMap<string, string>> {
    await this.page.waitForSelector("#report table");
    const rows = await this.page.$$eval("#report tr", (found) =>
      found.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? "")),
    );
    return new Map(rows.map(([label = "", value = ""]) => [label, value]));
  }

  /** Takes the report away, so that the next one is waited for. */
  async forgetReport(): Promise<void> {
    await this.page.$eval("#report", (report) => report.replaceChildren());
  }

  async waitForPlace(place: string, words: string): Promise<void> {
    await this.page.locator(this.#row(place)).filter({ hasText: words }).waitFor();
  }

  async waitForNoPlace(place: string): Promise<void> {
    await this.page.locator(this.#row(place)).waitFor({ state: "detached" });
  }

  async notices(): Promise<string> {
    return (await this.page.textContent("#notices")) ?? "";
  }
}
