import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as w from "../../../scripts/fuzz/written-stream.mjs";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const block = "pc.ram";
const description = {
  page_size: 4096,
  devices: [
    {
      name: "cpu",
      instance_id: 0,
      fields: [
        { name: "env.eip", type: "uint64", size: 8 },
        { name: "env.cr[3]", type: "uint64", size: 8 },
      ],
    },
  ],
};

function main(tableOf = w.table([[block, 64 * w.PAGE]])): Uint8Array {
  return w.join(
    w.head(),
    w.ramStart(2, tableOf, w.EOS),
    w.ramPart(2, w.record.raw(0, w.page(1, true), block), w.record.zero(4096), w.EOS),
    w.ramEnd(2, w.record.raw(0, w.page(2, true), block), w.EOS),
    w.device(9, "cpu", w.bytes("u64", 0xfff0, "u64", 0x5000)),
    w.END,
    w.description(description),
  );
}

function put(name: string, bytes: Uint8Array): string {
  writeFileSync(join(stage.folder, name), bytes);
  return name;
}

describe("godwit inspect", () => {
  test("tells what is in a stream", async () => {
    const { code, out, err } = await stage.play(["inspect", put("vm.bin", main())]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^pc-i440fx-7\.2: .* 3 pages, 2 rounds, 1 devices\n/);
    expect(out).toMatch(/zero +1 +33.3 %/);
    expect(out).toMatch(/raw +2 +66.7 %/);
    expect(out).toContain("rip 0xfff0  cr3 0x5000");
    expect(out).not.toContain("QEMU's own counters");
  });

  test("reads several channels, packed or not, and answers JSON with --json", async () => {
    const sync = w.multifd.sync();
    const pages: [number, Uint8Array][] = [[8192, w.page(7)]];
    const channel = w.join(
      ...[w.multifd.init(0), sync, w.multifd.packet({ block, pages }), sync, sync],
    );
    const files = [put("c1.gz", gzipSync(channel)), put("main.gz", gzipSync(main()))];
    const { code, out } = await stage.play(["inspect", ...files, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      machineType: "pc-i440fx-7.2",
      bytes: channel.length + main().length,
      pages: { zero: 1, raw: 2, xbzrle: 0, compressed: 0, multifd: 1 },
      syncs: 3,
      blocks: [{ name: block, bytes: 64 * w.PAGE }],
      devices: [
        {
          name: "cpu",
          bytes: 16,
          isAsDescribed: true,
          registers: { rip: "0xfff0", cr3: "0x5000" },
        },
      ],
    });
    const text = await stage.play(["inspect", ...files]);
    expect(text.out).toContain("QEMU's own counters differ");
    expect(text.out).toMatch(/^\d\d pages never came: is a channel missing\?/m);
  });

  test("draws pictures, which load nothing", async () => {
    const argv = ["inspect", put("a<b.bin", main()), "--html", "out.html", "--svg", "out.svg"];
    const { code, out } = await stage.play(argv);
    expect(code).toBe(0);
    expect(out).toContain("wrote out.svg and out.html");
    const html = readFileSync(join(stage.folder, "out.html"), "utf8");
    expect(html).toContain("<h1>a&lt;b.bin</h1>");
    expect(html).toContain("What XBZRLE would have saved");
    expect(html).toContain("Content-Security-Policy");
    expect(readFileSync(join(stage.folder, "out.svg"), "utf8")).toMatch(/^<svg /);
  });

  test("does not let a stream command the terminal", async () => {
    const evil = w.table([
      ["pc.ram", 64 * w.PAGE],
      ["\x1b[2J\n", w.PAGE],
    ]);
    const { out } = await stage.play(["inspect", put("vm.bin", main(evil))]);
    expect(out).not.toContain("\x1b");
    expect(out).toContain("\\u{1b}[2J");
  });

  test.each([
    [["nowhere"], 'FILE: got "nowhere", .*does not exist'],
    [["."], "not a regular file"],
    [["text"], "no migration stream of QEMU"],
    [["short"], "ends inside"],
    [["vm", "vm"], "exactly one main channel"],
    [["torn.gz"], "torn.gz: damaged gzip data"],
    [["cut.gz"], "cut.gz: the gzip data ends too early"],
    [["vm", "--memory-limit", "100KiB"], "262144 bytes of memory, more than the limit of 102400"],
    [["vm", "--memory-limit", "much"], '--memory-limit: got "much"'],
    [["vm", "--html", "vm"], '--html: got "vm"'],
    [[], "missing required argument"],
  ])("refuses %j in one line", async (argv, message) => {
    put("vm", main());
    put("text", new TextEncoder().encode("Hello, what is this?"));
    put("short", main().subarray(0, 5000));
    put("cut.gz", gzipSync(main()).subarray(0, -20));
    put("torn.gz", gzipSync(main()).fill(7, 40, 60));
    const { code, out, err } = await stage.play(["inspect", ...argv]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(new RegExp(`^godwit: .*${message}.*\n$`));
  });
});
