// Browsers have a DecompressionStream of their own; the reader must behave on it as it does in Node.
import "../unit/memory/recorded-trace.test.js";
