import type { Bytes } from "../units.js";

/** Most bytes of one frame, header and body; a longer one is refused before anything is allocated for it. */
export const MAX_FRAME_BYTES: Bytes = 8 * 2 ** 20;

/** Most bytes of a frame from a peer that has not proved yet that it may speak. */
export const PREFACE_FRAME_BYTES: Bytes = 4096;

/** Bytes before the body of a frame. */
export const HEADER_BYTES: Bytes = 16;

/** Most bytes of the body of a frame. */
export const MAX_BODY_BYTES: Bytes = MAX_FRAME_BYTES - HEADER_BYTES;
