/** Byte offset into the kernel's linear memory. */
export type Pointer = number;
