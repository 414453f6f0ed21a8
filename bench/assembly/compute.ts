// Computations of a few kinds, for the cost of barriers: a matrix product, planets, a sort and Conway's life.

const N = 96;
const a = new StaticArray<f64>(N * N);
const b = new StaticArray<f64>(N * N);
const c = new StaticArray<f64>(N * N);

/** A product of two matrices of 96 x 96: loads and arithmetic, one store an element. */
export function matrix(): void {
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0.0;
      for (let k = 0; k < N; k++) sum += unchecked(a[i * N + k]) * unchecked(b[k * N + j]);
      unchecked((c[i * N + j] = sum + 1));
    }
  }
}

const BODIES = 5;
const bodies = new StaticArray<f64>(BODIES * 7);
for (let i = 0; i < BODIES * 7; i++) bodies[i] = <f64>((i * 37) % 11) + 0.5;

/** A thousand steps of five planets: many stores of neighbouring fields. */
export function planets(): void {
  for (let step = 0; step < 1000; step++) {
    for (let i = 0; i < BODIES; i++) {
      for (let j = i + 1; j < BODIES; j++) {
        pull(i * 7, j * 7);
      }
    }
    for (let i = 0; i < BODIES * 7; i += 7) {
      for (let axis = 0; axis < 3; axis++) {
        unchecked((bodies[i + axis] += 0.001 * unchecked(bodies[i + 3 + axis])));
      }
    }
  }
}

function pull(p: i32, q: i32): void {
  const x = unchecked(bodies[p] - bodies[q]);
  const y = unchecked(bodies[p + 1] - bodies[q + 1]);
  const z = unchecked(bodies[p + 2] - bodies[q + 2]);
  const square = x * x + y * y + z * z + 0.01;
  const pace = 0.001 / (square * Math.sqrt(square));
  const m = unchecked(bodies[p + 6]) * pace;
  const n = unchecked(bodies[q + 6]) * pace;
  unchecked((bodies[p + 3] -= x * n));
  unchecked((bodies[p + 4] -= y * n));
  unchecked((bodies[p + 5] -= z * n));
  unchecked((bodies[q + 3] += x * m));
  unchecked((bodies[q + 4] += y * m));
  unchecked((bodies[q + 5] += z * m));
}

const COUNT = 20000;
const numbers = new StaticArray<u32>(COUNT);
let seed: u32 = 1;

/** A heap sort of 20,000 numbers: loads and stores all over. */
export function sort(): void {
  for (let i = 0; i < COUNT; i++) {
    seed = seed * 1664525 + 1013904223;
    unchecked((numbers[i] = seed));
  }
  for (let i = COUNT / 2 - 1; i >= 0; i--) sink(i, COUNT);
  for (let end = COUNT - 1; end > 0; end--) {
    const top = unchecked(numbers[0]);
    unchecked((numbers[0] = numbers[end]));
    unchecked((numbers[end] = top));
    sink(0, end);
  }
}

function sink(from: i32, end: i32): void {
  const value = unchecked(numbers[from]);
  let at = from;
  for (let child = 2 * at + 1; child < end; child = 2 * at + 1) {
    if (child + 1 < end && unchecked(numbers[child + 1] > numbers[child])) child++;
    if (unchecked(numbers[child]) <= value) break;
    unchecked((numbers[at] = numbers[child]));
    at = child;
  }
  unchecked((numbers[at] = value));
}

const SIDE = 256;
let cells = new StaticArray<u8>(SIDE * SIDE);
let later = new StaticArray<u8>(SIDE * SIDE);
for (let i = 0; i < SIDE * SIDE; i++) cells[i] = <u8>(((i * 7919) >> 3) & 1);

/** A generation of life on 256 x 256: narrow loads and stores. */
export function life(): void {
  const mask = SIDE - 1;
  for (let y = 0; y < SIDE; y++) {
    const up = ((y - 1) & mask) * SIDE;
    const here = y * SIDE;
    const down = ((y + 1) & mask) * SIDE;
    for (let x = 0; x < SIDE; x++) {
      const left = (x - 1) & mask;
      const right = (x + 1) & mask;
      const near =
        unchecked(cells[up + left] + cells[up + x] + cells[up + right] + cells[here + left]) +
        unchecked(cells[here + right] + cells[down + left] + cells[down + x] + cells[down + right]);
      unchecked((later[here + x] = <u8>(near === 3 || (near === 2 && cells[here + x] === 1))));
    }
  }
  const before = cells;
  cells = later;
  later = before;
}
