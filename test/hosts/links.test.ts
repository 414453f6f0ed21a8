import { afterEach, expect, test } from "vitest";
import type { Credentials } from "../../src/host/credentials.js";
import { hasOpenssl, makeCertificates } from "../support/certificates.js";
import { HostProcess, scratchFolder, TEST_PC } from "./host-process.js";
import { SlowLink } from "./slow-link.js";

const hosts: HostProcess[] = [];
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.kill())));

async function twoHosts(args: readonly string[] = [], credentials?: Credentials) {
  const two = [HostProcess.start(args, credentials), HostProcess.start(args, credentials)] as const;
  const [source, target] = await Promise.all(two);
  hosts.push(source, target);
  await source.client.start("pc", TEST_PC);
  await source.reports("pc", 1);
  return { source, target };
}

// A guest of which a tenth of 16 MiB is not zero: its state goes in less than 200,000 bytes, the pages that follow in 1,100,000.
test.each([250_000, 600_000, 1_000_000])(
  "a link that is cut amid the pull, after %i bytes, is taken up again, and nothing is lost",
  async (bytes) => {
    const { source, target } = await twoHosts();
    const link = await SlowLink.to(target.address);
    try {
      link.cutAfter(bytes);
      const report = await source.client.move("pc", link.address, { strategy: "post-copy" });
      expect(link.cuts).toBe(1);
      expect(report).toMatchObject({ outcome: "completed", runningOn: "target", recovery: null });
      expect(report).toMatchObject({ rejoins: 1, verified: true });
      await target.reports("pc", 2);
      expect(await source.client.list()).toEqual([]);
    } finally {
      link.close();
    }
  },
);

test("ws:// carries a move, with pages compressed", async () => {
  const { source, target } = await twoHosts(["--listen", "ws://127.0.0.1:0"]);
  const settings = { compression: "lz4" } as const;
  const report = await source.client.move("pc", target.address, { settings });
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
  expect(report.savedBytes).toBeGreaterThan(0);
  await target.reports("pc", 2);
});

test.skipIf(!hasOpenssl())("tls:// carries a move, with certificates of both sides", async () => {
  const folder = scratchFolder();
  try {
    const { ca, cert, key, tls } = makeCertificates(folder.path, "hosts");
    const listen = ["--listen", "tls://127.0.0.1:0"];
    const files = ["--tls-ca", ca, "--tls-cert", cert, "--tls-key", key];
    const { source, target } = await twoHosts([...listen, ...files], { token: null, tls });
    const report = await source.client.move("pc", target.address, { strategy: "hybrid" });
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
    await target.reports("pc", 2);
  } finally {
    folder.remove();
  }
});
