import fc from "fast-check";
import { expect, test } from "vitest";
import {
  assemble,
  isAsAfter,
  missedByLog,
  pull,
  Rig,
  wronglyPulled,
} from "../unit/machine/wasm/rig.js";

const LOADS = ["i64.load", "i64.load32_u", "i64.load16_s", "i64.load8_u", "f64.load", "f32.load"];
const STORES = ["i64.store", "i64.store32", "i64.store16", "i64.store8", "f64.store", "f32.store"];
const WIDTHS = [8, 4, 2, 1, 8, 4];
/** Most that an address and an offset come to: three of four pages of WebAssembly. */
const REACH = 0x2ffff;

/** An access, of any width, alignment and offset, at a place drawn anew in each step. */
const access = fc
  .record({
    kind: fc.nat(WIDTHS.length - 1),
    align: fc.nat(3),
    offset: fc.oneof(fc.nat(16), fc.constantFrom(4088, 4095, 4096, 8192, 0xfff9)),
    mask: fc.constantFrom(0xf, 0xfff, REACH),
    isStore: fc.boolean(),
  })
  .map(({ kind, align, offset, mask, isStore }) => {
    const name = (isStore ? STORES : LOADS)[kind] as string;
    const most = Math.log2(WIDTHS[kind] as number);
    const place = `offset=${offset} align=${2 ** Math.min(align, most)}`;
    const address = `(i32.and (call $next) (i32.const ${mask}))`;
    const type = name.slice(0, 3);
    const toInteger = { i64: "", f64: "i64.reinterpret_f64", f32: "i64.trunc_sat_f32_u" }[type];
    const fromInteger = { i64: "", f64: "f64.convert_i64_u", f32: "f32.convert_i64_u" }[type];
    const wrap = (by: string | undefined, what: string): string => (by ? `(${by} ${what})` : what);
    if (isStore) return `(${name} ${place} ${address} ${wrap(fromInteger, "(global.get $sum)")})`;
    const loaded = wrap(toInteger, `(${name} ${place} ${address})`);
    return `(global.set $sum (i64.add (global.get $sum) ${loaded}))`;
  });

const range = fc.record({ isFill: fc.boolean(), mask: fc.constantFrom(15, 4095, 20_000) }).map(
  ({ isFill, mask }) =>
    `(memory.${isFill ? "fill" : "copy"} (i32.and (call $next) (i32.const ${REACH}))
       (i32.and (call $next) (i32.const ${REACH})) (i32.and (call $next) (i32.const ${mask})))`,
);

/** Statements, some of them repeated or depending on what was read. */
const statement: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    access,
    range,
    fc
      .tuple(tie("any"), tie("any"))
      .map(([a, b]) => `(if (i64.lt_s (global.get $sum) (i64.const 0)) (then ${a}) (else ${b}))`),
    tie("any").map((a) => `(loop ${a} (br_if 0 (i32.eqz (i32.and (call $next) (i32.const 3)))))`),
  ),
})).any;

const program = fc.array(statement, { minLength: 1, maxLength: 12 }).map(
  (statements) => `(module
    (import "env" "tick" (func $tick (param i32) (result i32)))
    (memory (export "memory") 4)
    (global $steps (mut i32) (i32.const 0))
    (global $sum (mut i64) (i64.const 7))
    (global $seed (mut i32) (i32.const 99))
    (func $next (result i32)
      (global.set $seed
        (i32.add (i32.mul (global.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.shr_u (global.get $seed) (i32.const 8)))
    (func (export "step") (result i32)
      ${statements.join("\n")}
      (global.set $sum (i64.mul (global.get $sum) (i64.const 6364136223846793005)))
      (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
      (call $tick (global.get $steps))))`,
);

test("random programs run as they do by themselves, logged and on demand", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (text) => {
      const rig = await Rig.create(assemble(text));
      await rig.run(7);
      const { missed } = await missedByLog(rig, 4, 3);
      expect(missed).toEqual([]);
      const pulled = await pull(rig, 11);
      expect(wronglyPulled(pulled)).toEqual([]);
      expect(isAsAfter(pulled.source, 30)).toBe(true);
      expect(await pulled.target.machine.saveState()).toEqual(await rig.machine.saveState());
    }),
    { numRuns: 60 },
  );
});
