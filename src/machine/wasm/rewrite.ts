import { type Appendix, writeGrow, writeTouch } from "./appendix.js";
import { Assembler } from "./assembler.js";
import { type Build, demandBarrier, hasBarrier, logBarrier } from "./barrier.js";
import { ByteReader, ByteWriter } from "./bytes.js";
import {
  BULK,
  DATA_DROP,
  ELEM_DROP,
  I32,
  type Instruction,
  instructions,
  MEMORY_COPY,
  MEMORY_FILL,
  MEMORY_GROW,
  MEMORY_INIT,
  MEMORY_SIZE,
  TABLE_INIT,
  type ValueType,
} from "./instructions.js";
import type { MemoryLayout } from "./layout.js";
import type { WasmModule } from "./module.js";
import { codeOf, type Survey } from "./survey.js";

/** A body, and where in it the branches are that are hardly ever taken. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly unlikelyAt: readonly number[];
}

/** Rewrites the bodies of a module's functions for one build. */
export class Rewriter {
  readonly appendix: Appendix;
  readonly #module: WasmModule;
  readonly #survey: Survey;
  readonly #layouts: readonly MemoryLayout[];
  readonly #build: Build;
  // Of the body at hand: the code, and the locals that it got.
  #code = new Assembler();
  #scratch: ValueType[] = [];
  #firstScratch = 0;
  /** Which scratch local has the operand of a type at a place. */
  readonly #places = new Map<number, number>();

  constructor(
    module: WasmModule,
    found: Survey,
    layouts: readonly MemoryLayout[],
    build: Build,
    appendix: Appendix,
  ) {
    this.#module = module;
    this.#survey = found;
    this.#layouts = layouts;
    this.#build = build;
    this.appendix = appendix;
  }

  /** A function's body as it is in this build. */
  body(index: number): Body {
    const body = this.#module.bodies[index] as ByteReader;
    const type = this.#module.functions[this.#module.importedFunctions + index] as number;
    const locals = new ByteReader(body.bytes, body.at, body.end);
    let count = (this.#module.types[type] as readonly ValueType[]).length;
    const groups = locals.u32();
    const firstGroup = locals.at;
    for (let left = groups; left > 0; left--) {
      count += locals.u32();
      locals.skipNumber();
    }
    this.#code = new Assembler();
    this.#scratch = [];
    this.#places.clear();
    this.#firstScratch = count;
    this.#rewrite(codeOf(body));
    const scratch = this.#scratch;
    const written = new ByteWriter().u32(groups + scratch.length);
    written.raw(body.bytes.subarray(firstGroup, locals.at));
    for (const one of scratch) written.u32(1).u8(one);
    const unlikelyAt = this.#code.unlikelyAt.map((at) => at + written.length);
    return { bytes: written.raw(this.#code.written).written, unlikelyAt };
  }

  /** What lies between two changed instructions is taken over as it is. */
  #rewrite(reader: ByteReader): void {
    const { bytes } = reader;
    let from = reader.at;
    for (const one of instructions(reader)) {
      if (!this.#changes(one)) continue;
      this.#code.raw(bytes.subarray(from, one.start));
      from = one.end;
      if (one.access) this.#guard(one, bytes);
      else this.#replace(one);
    }
    this.#code.raw(bytes.subarray(from, reader.at));
  }

  #changes(one: Instruction): boolean {
    if (one.access) return hasBarrier(this.#build, one);
    const { code, first } = one;
    if (code === MEMORY_SIZE || code === MEMORY_GROW) return true;
    if (code < BULK) return false;
    if (code === MEMORY_INIT || code === DATA_DROP || code === ELEM_DROP) return true;
    if (code === TABLE_INIT) return this.#survey.droppedElements.has(first);
    return this.#build !== "plain" && (code === MEMORY_COPY || code === MEMORY_FILL);
  }

  /** Takes the operands down as far as the address, lets the barrier look at it, and puts them back. */
  #guard(one: Instruction, bytes: Uint8Array): void {
    const code = this.#code;
    const operands = one.access?.operands ?? [];
    const address = this.#local(I32, 0);
    const locals = operands.map((type, index) => this.#local(type, index + 1));
    for (const local of locals.toReversed()) code.setLocal(local);
    code.setLocal(address);
    const guarded = { layout: this.#layout(one.first), one, address };
    if (this.#build === "log") logBarrier(code, guarded);
    else demandBarrier(code, guarded, this.#touch(one.first, one.access?.isWrite ?? false));
    code.getLocal(address);
    for (const local of locals) code.getLocal(local);
    code.raw(bytes.subarray(one.start, one.end));
  }

  /** A local of this type for the operand at this place; each is made once in a body. */
  #local(type: ValueType, place: number): number {
    const key = place * 256 + type;
    const index = this.#places.get(key) ?? this.#scratch.push(type) - 1;
    this.#places.set(key, index);
    return this.#firstScratch + index;
  }

  #replace({ code, first, second }: Instruction): void {
    const out = this.#code;
    const size = (memory: number): number => this.#survey.sizes[memory] as number;
    if (code === MEMORY_SIZE) out.getGlobal(size(first));
    else if (code === MEMORY_GROW) {
      const write = (grow: Assembler): void => writeGrow(grow, this.#layout(first), size(first));
      out.call(this.appendix.index(`grow ${first}`, [1, 0, 1], write));
    } else if (code === DATA_DROP) this.#drop(this.#survey.droppedData.get(first));
    else if (code === ELEM_DROP) this.#drop(this.#survey.droppedElements.get(first));
    else out.call(this.#bulk(code, first, second));
  }

  #drop(flag: number | undefined): void {
    this.#code.i32(1).setGlobal(flag as number);
  }

  /** A function that does what an instruction over a range does, with destination, source or value, and length. */
  #bulk(code: number, first: number, second: number): number {
    const [to, from, length] = [0, 1, 2];
    return this.appendix.index(`${code} ${first} ${second}`, [3, 0, 0], (out) => {
      const memory = code === MEMORY_INIT ? second : first;
      if (this.#build !== "plain" && code !== TABLE_INIT) {
        if (code === MEMORY_COPY && this.#build === "demand") {
          out.getLocal(from).getLocal(length).call(this.#touch(second, false));
        }
        out.getLocal(to).getLocal(length).call(this.#touch(memory, true));
      }
      this.#refuseDropped(out, code, first);
      out
        .getLocal(to)
        .getLocal(from)
        .getLocal(length)
        .u8(0xfc)
        .u32(code - BULK);
      out.u32(first);
      if (code !== MEMORY_FILL) out.u32(second);
    });
  }

  /** Of a segment that was dropped nothing can be taken. Segments never really are, since instances change. */
  #refuseDropped(out: Assembler, code: number, segment: number): void {
    if (code !== MEMORY_INIT && code !== TABLE_INIT) return;
    const isData = code === MEMORY_INIT;
    const { droppedData, droppedElements } = this.#survey;
    const flag = (isData ? droppedData : droppedElements).get(segment);
    // What an active segment had is gone as soon as the module has started.
    const isGone = isData && this.#module.segments[segment]?.active != null;
    if (!isGone && flag === undefined) return;
    if (isGone) out.i32(1);
    else out.getGlobal(flag as number);
    out.when().getLocal(1).getLocal(2).op("or").when().trap().end().leave().end();
  }

  #layout(memory: number): MemoryLayout {
    return this.#layouts[memory] as MemoryLayout;
  }

  /** The function that brings or marks the pages of a range. */
  #touch(memory: number, isWrite: boolean): number {
    const build = this.#build;
    const layout = this.#layout(memory);
    const fault = { type: this.appendix.type(1, 0), table: this.#module.tables.length };
    return this.appendix.index(`touch ${memory} ${isWrite}`, [2, 2, 0], (code) =>
      writeTouch(code, { layout, memory, build, isWrite, fault }),
    );
  }
}
