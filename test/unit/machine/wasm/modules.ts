import { assemble } from "./rig.js";

const TICK = `
  (import "env" "tick" (func $tick (param i32) (result i32)))
  (global $steps (mut i32) (i32.const 0))`;
/** The end of a step: it says which it was, and is told what follows. */
const DONE = `
  (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
  (call $tick (global.get $steps))`;
/** A generator of numbers in a global: `$next` answers the next. */
const NEXT = `
  (global $seed (mut i32) (i32.const 12345))
  (func $next (result i32)
    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
    (i32.shr_u (global.get $seed) (i32.const 8)))`;

/** Calls through a table whose elements it changes as it goes, in a table that grows. */
export const TABLES: Uint8Array = assemble(`(module ${TICK}
  (type $f (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (table $t 3 20 funcref)
  (table $other 2 funcref)
  (elem (table $t) (i32.const 0) func $double $inc)
  (elem $late func $square $double)
  ${NEXT}
  (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func (export "step") (result i32) (local $at i32)
    (local.set $at (i32.rem_u (call $next) (table.size $t)))
    (if (ref.is_null (table.get $t (local.get $at)))
      (then (table.set $t (local.get $at) (ref.func $inc))))
    (i32.store (i32.const 8)
      (call_indirect $t (type $f) (i32.load (i32.const 8)) (local.get $at)))
    (if (i32.eqz (i32.and (call $next) (i32.const 7)))
      (then (drop (table.grow $t (ref.null func) (i32.const 1)))))
    (if (i32.eqz (i32.and (call $next) (i32.const 15)))
      (then (table.init $t $late (i32.const 1) (i32.const 0) (i32.const 2))))
    (table.copy $other $t (i32.const 0) (i32.const 1) (i32.const 2))
    ${DONE}))`);

/** Fills, copies and initialises at random places, drops a segment, and grows its memory. */
export const BULK: Uint8Array = assemble(`(module ${TICK}
  (memory (export "memory") 2 8)
  (data $lesson "the quick brown fox jumps over the lazy dog")
  (data (i32.const 100) "in its place from the start")
  ${NEXT}
  (start $begin)
  (func $begin (i32.store (i32.const 60) (i32.const 99)))
  (func $place (result i32) (i32.and (call $next) (i32.const 0xffff)))
  (func (export "step") (result i32)
    (memory.fill (call $place) (call $next) (i32.and (call $next) (i32.const 9000)))
    (memory.copy (call $place) (call $place) (i32.and (call $next) (i32.const 12000)))
    (if (i32.lt_u (i32.load (i32.const 0x1fff0)) (i32.const 50))
      (then (memory.init $lesson (call $place) (i32.const 4) (i32.const 20)))
      (else (data.drop $lesson)
        (memory.init $lesson (call $place) (i32.const 0) (i32.const 0))))
    (i32.store (i32.const 0x1fff0) (i32.add (i32.load (i32.const 0x1fff0)) (i32.const 1)))
    (if (i32.eqz (i32.and (call $next) (i32.const 15)))
      (then (drop (memory.grow (i32.const 1)))))
    (i32.store8 (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)) (call $next))
    ${DONE}))`);

/** Vectors, lanes and atomics, in a global too. */
export const VECTORS: Uint8Array = assemble(`(module ${TICK}
  (memory (export "memory") 4)
  (global $sum (mut v128) (v128.const i32x4 1 2 3 4))
  (global $nan (mut f64) (f64.const nan:0x4000000000123))
  ${NEXT}
  (func $place (result i32) (i32.and (call $next) (i32.const 0x3dfe0)))
  (func $odd (result i32) (i32.and (call $next) (i32.const 0x3dfdf)))
  (func (export "step") (result i32)
    (global.set $sum (i32x4.add (global.get $sum) (v128.load offset=5 (call $odd))))
    (v128.store offset=3 (call $odd) (global.get $sum))
    (v128.store16_lane offset=1 3 (call $odd) (v128.load32_splat (call $odd)))
    (global.set $sum (v128.load64_lane offset=9 1 (call $odd) (global.get $sum)))
    (i32.store (call $odd) (i32.atomic.rmw.add (call $place) (call $next)))
    (i64.store offset=4095 (call $odd) (i64.atomic.rmw16.xchg_u (call $place) (i64.const -7)))
    (drop (i32.atomic.rmw.cmpxchg (call $place) (i32.const 0) (call $next)))
    (i64.atomic.store (call $place) (i64.reinterpret_f64 (global.get $nan)))
    (f64.store (call $odd) (global.get $nan))
    ${DONE}))`);

/** Writes and reads values of all widths at places of no alignment, over page borders too. */
export const UNALIGNED: Uint8Array = assemble(`(module ${TICK}
  (memory (export "memory") 4)
  ${NEXT}
  (func $border (result i32)
    (i32.add (i32.and (call $next) (i32.const 0x3c000)) (i32.sub (i32.const 4104) (i32.and (call $next) (i32.const 15)))))
  (func (export "step") (result i32)
    (i64.store offset=1 (call $border) (i64.load (call $border)))
    (i64.store align=1 (call $border) (i64.load32_u offset=4096 align=1 (call $border)))
    (i32.store (call $border) (i32.add (call $next) (i32.load align=2 (call $border))))
    (i32.store16 (call $border) (call $next))
    (f32.store (call $border) (f32.convert_i32_u (i32.and (call $next) (i32.const 0xfffff))))
    (i64.store8 (call $border) (i64.const 9))
    ${DONE}))`);

/** Two memories, with copies from one to the other. */
export const TWO_MEMORIES: Uint8Array = assemble(`(module ${TICK}
  (memory $one (export "one") 1)
  (memory $two (export "two") 1 3)
  (data (memory $two) (i32.const 7) "second")
  ${NEXT}
  (func $place (result i32) (i32.and (call $next) (i32.const 0x7fff)))
  (func (export "step") (result i32)
    (i32.store $two (call $place) (i32.load $one (call $place)))
    (i32.store $one (call $place) (call $next))
    (memory.copy $two $one (call $place) (call $place) (i32.const 300))
    (if (i32.eqz (i32.and (call $next) (i32.const 31))) (then (drop (memory.grow $two (i32.const 1)))))
    ${DONE}))`);

/** A sieve, a sort and text, with AssemblyScript's collector at work. */
const SCRIPT = `
  @external("env", "tick") declare function tick(steps: i32): i32;
  let steps = 0;
  let words: string[] = [];
  const counts = new Map<string, i32>();
  let seed: u32 = 1;
  export function step(): i32 {
    seed = seed * 1664525 + 1013904223;
    const word = (seed >> 24).toString() + "-" + (seed % 7).toString();
    words.push(word);
    counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
    if (words.length > 500) {
      words.sort();
      words = words.slice(0, 100);
    }
    return tick(++steps);
  }
  export function distinct(): i32 { return counts.size; }`;

/** Compiles AssemblyScript. */
async function compileScript(text: string, ...flags: string[]): Promise<Uint8Array> {
  const { default: asc } = await import("assemblyscript/asc");
  const { error, binary, stderr } = await asc.compileString({ "main.ts": text }, {
    optimizeLevel: 3,
    ...Object.fromEntries(flags.map((flag) => [flag, true])),
  } as never);
  if (error || !binary) throw new Error(String(stderr ?? error), { cause: error });
  return binary;
}

let compiled: Promise<Uint8Array> | undefined;

/** The script's module; compiling takes seconds. */
export function scripted(): Promise<Uint8Array> {
  compiled ??= compileScript(SCRIPT);
  return compiled;
}
