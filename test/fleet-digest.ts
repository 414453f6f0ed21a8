/**
 * SHA-256 of a value, bit by bit: every number counts with all its 64 bits, so that results which merely print
 * alike differ. Objects count with their fields in the order of their names; lists of numbers of any kind
 * with what they hold.
 */
export async function digestOf(value: unknown): Promise<string> {
  const parts: string[] = [];
  write(value, parts);
  const bytes = new TextEncoder().encode(parts.join(" "));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const bits = new DataView(new ArrayBuffer(8));

function write(value: unknown, parts: string[]): void {
  if (typeof value === "number") {
    bits.setFloat64(0, value);
    // There are many NaN.
    parts.push(Number.isNaN(value) ? "nan" : bits.getBigUint64(0).toString(16));
  } else if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = value as unknown as ArrayLike<unknown>;
    parts.push(`[${list.length}`);
    for (let index = 0; index < list.length; index++) write(list[index], parts);
  } else if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    parts.push(`{${fields.length}`);
    for (const [name, field] of fields) {
      parts.push(name);
      write(field, parts);
    }
  } else {
    parts.push(JSON.stringify(value) ?? "undefined");
  }
}
