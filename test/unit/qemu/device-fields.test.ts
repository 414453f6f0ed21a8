import { expect, test } from "vitest";
import { bytes, join } from "../../../scripts/fuzz/written-stream.mjs";
import {
  cpuRegisters,
  type DescribedDevice,
  describeDevices,
  deviceFields,
} from "../../../src/qemu/device-fields.js";
import type { DeviceSection } from "../../../src/qemu/stream-visitor.js";
import { parseDescription } from "../../../src/qemu/vm-description.js";

function describe(device: object, body: Uint8Array): DescribedDevice {
  const text = JSON.stringify({ page_size: 4096, devices: [device] });
  const { name = "cpu" } = device as { name?: string };
  const section = { kind: "full", name, instanceId: 0, body } as DeviceSection;
  const meaning = parseDescription(new TextEncoder().encode(text), 0);
  return describeDevices([section], meaning)[0] as DescribedDevice;
}

const u64 = (name: string) => ({ name, type: "uint64", size: 8 });
const registers = Array.from({ length: 16 }, (_, i) => bytes("u64", 0x100 + i));

test("names the registers of a processor", () => {
  const segment = {
    vmsd_name: "segment",
    version: 1,
    fields: [{ name: "selector", type: "uint32", size: 4 }, u64("base")],
  };
  const device = {
    name: "cpu",
    instance_id: 0,
    vmsd_name: "cpu",
    version: 12,
    fields: [
      { name: "env.regs", array_len: 16, type: "uint64", size: 8 },
      u64("env.eip"),
      { name: "env.segs", array_len: 2, type: "struct", struct: segment, size: 12 },
      u64("env.cr[3]"),
    ],
    subsections: [{ vmsd_name: "cpu/x", version: 1, fields: [u64("env.xss")] }],
  };
  const body = join(
    ...registers,
    bytes("u64", 0xfff0, "u32", 1, "u64", 0, "u32", 8, "u64", 0x70000, "u64", 0x5000),
    bytes("u8", 5, "name", "cpu/x", "u32", 1, "u64", 3),
  );
  const described = describe(device, body);
  expect(described.describedBytes).toBe(body.length);
  expect(cpuRegisters(described)).toEqual(
    expect.objectContaining({ rax: 0x100n, rcx: 0x101n, r15: 0x10fn, rip: 0xfff0n, cr3: 0x5000n }),
  );
  expect(cpuRegisters(described)).toMatchObject({ cs: 8n, csBase: 0x70000n });
  expect([...deviceFields(described)].map(({ path }) => path)).toEqual([
    "env.regs",
    "env.eip",
    "env.segs[0].selector",
    "env.segs[0].base",
    "env.segs[1].selector",
    "env.segs[1].base",
    "env.cr[3]",
    "cpu/x.env.xss",
  ]);
});

test("elements that are described one by one, and fields that are converted on the way", () => {
  const tmp = {
    name: "tmp",
    type: "tmp",
    vmsd_name: "t",
    version: 0,
    fields: [u64("inner")],
    size: 8,
  };
  const one = (index: number) => ({
    ...{ name: "list", index, type: "struct", size: 8 },
    struct: { vmsd_name: "e", version: 1, fields: [u64("v")] },
  });
  const device = { name: "d", instance_id: 0, fields: [tmp, one(0), one(1)] };
  const fields = [...deviceFields(describe(device, new Uint8Array(24)))];
  expect(fields.map(({ path }) => path)).toEqual(["tmp.inner", "list[0].v", "list[1].v"]);
});

test("a state shorter than described ends the fields early", () => {
  const device = { name: "cpu", instance_id: 0, fields: [u64("a"), u64("b")] };
  const described = describe(device, new Uint8Array(12));
  expect(described.describedBytes).toBe(16);
  expect([...deviceFields(described)].map(({ path }) => path)).toEqual(["a"]);
});

test.each([
  ["a list", [], /object/],
  ["no size of a page", {}, /page_size/],
  [
    "a negative size",
    { page_size: 1, devices: [{ name: "a", instance_id: 0, fields: [{ name: "f", size: -1 }] }] },
    /size/,
  ],
  ["a name that is a number", { page_size: 1, devices: [{ name: 7 }] }, /text name/],
])("refuses a description with %s", (_, json, message) => {
  const text = new TextEncoder().encode(JSON.stringify(json));
  expect(() => parseDescription(text, 5)).toThrow(message);
});

test("refuses a description that is nested without end", () => {
  let struct: object = { fields: [] };
  for (let i = 0; i < 100; i++) struct = { fields: [{ name: "f", size: 1, struct }] };
  const json = { page_size: 1, devices: [{ name: "a", instance_id: 0, ...struct }] };
  const text = new TextEncoder().encode(JSON.stringify(json));
  expect(() => parseDescription(text, 5)).toThrow("nested too deep");
});
