import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checksumAt } from "../../src/machine/v86/test-guest.js";
import { BrowserRig, type PageProcess, startPage, type Tab } from "./page-rig.js";

/** What the page's test guest is started with, as far as its checksum depends on it. */
const GUEST = { pages: 1024 };
const SERVER = "the server (godwit page)";

/** The guest goes on from where it was, found no page wrong, and is where its own arithmetic says. */
async function expectIntact(tab: Tab): Promise<void> {
  const reports = await tab.waitForReports(1);
  expect(await tab.console()).not.toContain("BAD");
  for (const { count, checksum, bad } of reports) {
    expect(bad).toBe(0);
    expect(checksum).toBe(checksumAt(count, GUEST));
  }
  const counts = reports.map(({ count }) => count);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
}

async function expectMoved(tab: Tab, strategy: string): Promise<void> {
  const report = await tab.report();
  expect(Object.fromEntries(report)).toMatchObject({
    strategy,
    outcome: "completed",
    verified: "yes",
    downtime: expect.stringMatching(/^[\d.]+ (µs|ms|s)$/),
  });
  expect(await tab.page.textContent("#downtime")).toMatch(/^[\d.]+ ms$/);
}

describe("PCs in pages that share memory with them", () => {
  let served: PageProcess;
  let browser: BrowserRig;
  let tabs: readonly [Tab, Tab];
  beforeAll(async () => {
    served = await startPage();
    browser = await BrowserRig.start();
    tabs = [await browser.openTab(served.url), await browser.openTab(served.url)];
    await tabs[0].press("Start test guest");
    await tabs[0].waitForReports(1);
  });
  afterAll(async () => {
    await browser?.stop();
    expect(await served?.stop()).toBe(0);
  });

  test.each([
    ["pre-copy", 0],
    ["post-copy", 1],
    ["hybrid", 0],
    ["cold", 1],
  ] as const)("%s from tab to tab", async (strategy, from) => {
    const [here, there] = [tabs[from], tabs[1 - from] as Tab];
    await here.choose(strategy);
    await here.compareAll();
    await here.press("Move it there", `tab ${2 - from}`);
    await expectMoved(here, strategy);
    await there.waitForMachine("runs");
    await expectIntact(there);
    await here.waitForMachine("no machine");
    expect(await here.notices()).toBe("");
    await there.report();
    await here.forgetReport();
    await there.forgetReport();
  });

  test.each([
    ["pre-copy", "post-copy", 0],
    ["hybrid", "cold", 1],
  ] as const)("%s to the server, and %s back to another tab", async (out, back, from) => {
    const [first, second] = [tabs[from], tabs[1 - from] as Tab];
    await first.choose(out);
    await first.compareAll();
    await first.press("Move it there", SERVER);
    await expectMoved(first, out);
    await first.forgetReport();
    await second.choose(back);
    await second.compareAll();
    await second.press("Bring it here", SERVER);
    await expectMoved(second, back);
    await expectIntact(second);
    await second.forgetReport();
    expect(browser.errors).toEqual([]);
  });

  test("a tab that is opened sees where the machine is, and one that is closed is seen no more", async () => {
    const third = await browser.openTab(served.url);
    await third.waitForPlace("tab 1", "runs");
    await tabs[1].waitForPlace("tab 3", "no machine");
    await third.page.close();
    await tabs[1].waitForNoPlace("tab 3");
  });
});

describe("PCs in pages that do not share memory", () => {
  let served: PageProcess;
  let browser: BrowserRig;
  beforeAll(async () => {
    served = await startPage("--no-isolation");
    browser = await BrowserRig.start();
  });
  afterAll(async () => {
    await browser?.stop();
    await served?.stop();
  });

  test("post-copy suspends the machine (JSPI); without that, only what comes whole is offered", async () => {
    const first = await browser.openTab(served.url);
    const second = await browser.openTab(served.url);
    expect(await second.page.textContent("#abilities")).toContain("JSPI");
    await first.press("Start test guest");
    await first.waitForReports(1);
    await first.choose("post-copy");
    await first.compareAll();
    await first.press("Move it there", "tab 2");
    await expectMoved(first, "post-copy");
    await expectIntact(second);

    const third = await browser.openTab(`${served.url}?demand=none`);
    expect(await third.page.textContent("#abilities")).toContain("post-copy and hybrid do not");
    await second.choose("hybrid");
    const button = second.page.locator('#places tr[data-place="tab 3"] button');
    expect(await button.getAttribute("title")).toContain("choose pre-copy or cold");
    expect(await button.isDisabled()).toBe(true);
    await second.choose("pre-copy");
    await second.compareAll();
    await second.press("Move it there", "tab 3");
    await expectMoved(second, "pre-copy");
    await expectIntact(third);
    expect(browser.errors).toEqual([]);
  });
});
