import { WireFormatError } from "../errors.js";

/** The text at a stream's end that says what the devices' bytes mean. */
export interface VmDescription {
  readonly pageSize: number;
  /** In the order of the stream's FULL sections. */
  readonly devices: readonly DeviceDescription[];
}

/** How one device's state is laid out. */
export interface DeviceDescription extends StateDescription {
  /** As in the section's header. */
  readonly name: string;
  readonly instanceId: number;
}

/** A structure of fields, and the optional parts behind them. */
export interface StateDescription {
  /** Name of the structure; of a subsection, `parent/child`. */
  readonly vmsdName: string;
  readonly version: number;
  readonly fields: readonly FieldDescription[];
  /** Those that were sent. */
  readonly subsections: readonly StateDescription[];
}

/** A field, or a run of equal ones. */
export interface FieldDescription {
  readonly name: string;
  /** QEMU's word for the type: `uint64`, `int32`, `bool`, `buffer`, `struct`, `unused_buffer`. */
  readonly type: string;
  /** Bytes of one element. */
  readonly size: number;
  /** How many elements follow one another. */
  readonly count: number;
  /** Which element of an array this is, where its elements are described one by one; else null. */
  readonly index: number | null;
  /** What is inside where the type is `struct`; else null. */
  readonly struct: StateDescription | null;
}

/** Structures in structures; QEMU's go five deep. */
const MAX_DEPTH = 32;
/** Fields and structures of all devices together; a PC has some ten thousand. */
const MAX_PARTS = 4_000_000;

/** @throws WireFormatError for what is no description; `at` is where its text begins. */
export function parseDescription(text: Uint8Array, at: number): VmDescription {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(text));
  } catch (cause) {
    throw new WireFormatError("the description of the devices is not JSON", at, { cause });
  }
  return new DescriptionReader(at).read(json);
}

type Fields = Readonly<Record<string, unknown>>;

class DescriptionReader {
  readonly #at: number;
  #parts = 0;

  constructor(at: number) {
    this.#at = at;
  }

  read(json: unknown): VmDescription {
    const root = this.#object(json);
    return {
      pageSize: this.#number(root, "page_size"),
      devices: this.#list(root, "devices").map((device) => this.#device(device)),
    };
  }

  #device(json: unknown): DeviceDescription {
    const device = this.#object(json);
    return {
      name: this.#text(device, "name"),
      instanceId: this.#number(device, "instance_id"),
      ...this.#state(device, 0),
    };
  }

  #state(state: Fields, depth: number): StateDescription {
    if (depth > MAX_DEPTH) this.#refuse("is nested too deep");
    return {
      // A device that saves itself by hand has no structure but a size.
      vmsdName: state["vmsd_name"] === undefined ? "" : this.#text(state, "vmsd_name"),
      version: state["version"] === undefined ? 0 : this.#number(state, "version"),
      fields: this.#list(state, "fields").map((field) => this.#field(field, depth)),
      subsections: this.#list(state, "subsections").map((one) =>
        this.#state(this.#object(one), depth + 1),
      ),
    };
  }

  #field(json: unknown, depth: number): FieldDescription {
    const field = this.#object(json);
    // A field that is converted on the way has its parts in itself.
    const struct = field["struct"] ?? (field["fields"] === undefined ? undefined : field);
    return {
      name: this.#text(field, "name"),
      type: field["type"] === undefined ? "" : this.#text(field, "type"),
      size: this.#number(field, "size"),
      count: field["array_len"] === undefined ? 1 : this.#number(field, "array_len"),
      index: field["index"] === undefined ? null : this.#number(field, "index"),
      struct: struct === undefined ? null : this.#state(this.#object(struct), depth + 1),
    };
  }

  #object(json: unknown): Fields {
    if (++this.#parts > MAX_PARTS) this.#refuse("is too long");
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Fields;
    return this.#refuse("has something else where an object belongs");
  }

  #list(parent: Fields, name: string): readonly unknown[] {
    const list = parent[name] ?? [];
    return Array.isArray(list) ? list : this.#refuse(`has no list ${name}`);
  }

  #text(parent: Fields, name: string): string {
    const text = parent[name];
    return typeof text === "string" ? text : this.#refuse(`has no text ${name}`);
  }

  #number(parent: Fields, name: string): number {
    const number = parent[name];
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    return this.#refuse(`has no number ${name}`);
  }

  #refuse(why: string): never {
    throw new WireFormatError(`the description of the devices ${why}`, this.#at);
  }
}
