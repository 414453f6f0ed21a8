import { ByteWriter } from "./bytes.js";
import { V128, type ValueType } from "./instructions.js";

const VOID = 0x40;

/** Writes instructions, one after another. */
export class Assembler extends ByteWriter {
  /** Where the branches are that are hardly ever taken. */
  readonly unlikelyAt: number[] = [];

  /** The branch that follows is hardly ever taken. */
  unlikely(): this {
    this.unlikelyAt.push(this.length);
    return this;
  }

  getLocal(index: number): this {
    return this.u8(0x20).u32(index);
  }

  setLocal(index: number): this {
    return this.u8(0x21).u32(index);
  }

  getGlobal(index: number): this {
    return this.u8(0x23).u32(index);
  }

  setGlobal(index: number): this {
    return this.u8(0x24).u32(index);
  }

  i32(value: number): this {
    return this.u8(0x41).s32(value);
  }

  /** add, sub, and, shr_u, eqz, gt_u, ge_u, lt_u, or: of 32 bits. */
  op(...names: (keyof typeof OPERATIONS)[]): this {
    return this.u8(...names.map((name) => OPERATIONS[name]));
  }

  /** The address lies on the stack. */
  loadByte(memory: number, offset: number): this {
    return this.u8(0x2d).place(0, memory, offset);
  }

  storeByte(memory: number, offset: number): this {
    return this.u8(0x3a).place(0, memory, offset);
  }

  /** Loads or stores a value of a type, whole. */
  move(type: ValueType, isStore: boolean, memory: number, offset: number): this {
    // The format numbers loads and stores as it numbers types, downwards.
    if (type === V128) this.u8(0xfd).u32(isStore ? 11 : 0);
    else this.u8((isStore ? 0x36 : 0x28) + (0x7f - type));
    return this.place(0, memory, offset);
  }

  place(align: number, memory: number, offset: number): this {
    if (memory === 0) this.u32(align);
    else this.u32(align | 64).u32(memory);
    return this.u32(offset);
  }

  call(index: number): this {
    return this.u8(0x10).u32(index);
  }

  /** `if` on what lies on the stack; `otherwise` may follow, `end` must. */
  when(result: ValueType = VOID): this {
    return this.u8(0x04, result);
  }

  otherwise(): this {
    return this.u8(0x05);
  }

  loop(): this {
    return this.u8(0x03, VOID);
  }

  block(): this {
    return this.u8(0x02, VOID);
  }

  /** Goes to the end of the block so many blocks out, or back to the start of the loop. */
  branch(depth: number): this {
    return this.u8(0x0c).u32(depth);
  }

  branchIf(depth: number): this {
    return this.u8(0x0d).u32(depth);
  }

  leave(): this {
    return this.u8(0x0f);
  }

  trap(): this {
    return this.u8(0x00);
  }

  end(): this {
    return this.u8(0x0b);
  }
}

const OPERATIONS = {
  eqz: 0x45,
  lt_u: 0x49,
  gt_u: 0x4b,
  ge_u: 0x4f,
  add: 0x6a,
  sub: 0x6b,
  and: 0x71,
  or: 0x72,
  shr_u: 0x76,
} as const;
