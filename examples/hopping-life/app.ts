// Conway's life on a torus of 256 x 256 cells, in AssemblyScript. It knows nothing of moves: all that it is
// lies in its memory and globals.

const SIDE = 256;
const cells = new StaticArray<u8>(SIDE * SIDE);
const next = new StaticArray<u8>(SIDE * SIDE);
let generations: u32 = 0;

let seed: u32 = 2026;
for (let at = 0; at < SIDE * SIDE; at++) {
  seed = seed * 1664525 + 1013904223;
  unchecked((cells[at] = <u8>(seed >>> 30 === 0)));
}

/** How many of the eight cells around one live. */
function neighbours(x: i32, y: i32): i32 {
  const left = (x - 1) & (SIDE - 1);
  const right = (x + 1) & (SIDE - 1);
  const above = ((y - 1) & (SIDE - 1)) * SIDE;
  const here = y * SIDE;
  const below = ((y + 1) & (SIDE - 1)) * SIDE;
  return (
    unchecked(cells[above + left] + cells[above + x] + cells[above + right]) +
    unchecked(cells[here + left] + cells[here + right]) +
    unchecked(cells[below + left] + cells[below + x] + cells[below + right])
  );
}

/** A generation. Answers how many milliseconds to wait until the next. */
export function step(): i32 {
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const count = neighbours(x, y);
      const lives = count === 3 || (count === 2 && unchecked(cells[y * SIDE + x]) === 1);
      unchecked((next[y * SIDE + x] = <u8>lives));
    }
  }
  memory.copy(changetype<usize>(cells), changetype<usize>(next), SIDE * SIDE);
  generations++;
  return 10;
}

/** Where the cells lie in memory, a byte each, row by row. */
export function picture(): usize {
  return changetype<usize>(cells);
}

export function generation(): u32 {
  return generations;
}
