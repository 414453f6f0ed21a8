/**
 * The guest whose memory is the fixture: a key-value store in one linear memory, written for nothing but
 * to have the memory of a real program. Compiled by scripts/record-fixture.mjs with AssemblyScript's own
 * heap (TLSF); everything below is on that heap and reached through pointers.
 *
 *   table   bucket heads -> entries chained by `next`; doubled when full (the old table is freed)
 *   entry   key text, value text, version, hit counter, time of last use, neighbours in the skip list
 *   index   skip list over the entries in key order, for scans
 *   log     write-ahead log: segments of 64 KiB of text, one line a write; the last eight are kept
 *   report  the most used keys, sorted anew from time to time
 */

const SEGMENT_BYTES: u32 = 64 << 10;
const SEGMENTS_KEPT: u32 = 8;
const MAX_LEVEL: i32 = 10;
const REPORT_ENTRIES: i32 = 1000;

/** A key and its value. */
@unmanaged
class Entry {
  next: usize = 0;
  key: usize = 0;
  keyLength: u32 = 0;
  value: usize = 0;
  valueLength: u32 = 0;
  hash: u32 = 0;
  version: u32 = 0;
  hits: u32 = 0;
  usedAt: u64 = 0;
  /** Followed in memory by so many pointers to the next entry in key order. */
  levels: i32 = 0;
}

/** A segment of the write-ahead log; its text follows it. */
@unmanaged
class Segment {
  next: usize = 0;
  used: u32 = 0;
  lines: u32 = 0;
}

/** Counters, as a server would report them. */
@unmanaged
class Counters {
  requests: u64 = 0;
  gets: u64 = 0;
  hits: u64 = 0;
  sets: u64 = 0;
  deletes: u64 = 0;
  scans: u64 = 0;
  trims: u64 = 0;
  entries: u32 = 0;
  buckets: u32 = 0;
  segments: u32 = 0;
  reports: u32 = 0;
}

const counters = new Counters();
let table: usize = 0;
const head: usize = newEntryMemory(MAX_LEVEL);
let firstSegment: usize = 0;
let lastSegment: usize = 0;
let report: usize = 0;
/** Where requests are read into and answers are written to. */
const request: usize = heap.alloc(4096);
const response: usize = heap.alloc(32768);
let clock: u64 = 0;

// ---- random: xorshift32, so that the stream of requests is the same on every machine ----

let randomState: u32 = 0x9d0d_417e;

function random(): u32 {
  randomState ^= randomState << 13;
  randomState ^= randomState >> 17;
  randomState ^= randomState << 5;
  return randomState;
}

function randomBelow(limit: u32): u32 {
  return <u32>((<u64>random() * <u64>limit) >> 32);
}

/** A key's number: few are popular (rank k in proportion to about k^-7/8), and the popular ones are scattered. */
function skewedKey(keys: u32): u32 {
  const u = <f64>random() / 4294967296.0;
  const u2 = u * u;
  const u4 = u2 * u2;
  const rank = <u32>(u4 * u4 * <f64>keys);
  return <u32>((<u64>rank * 7919) % keys);
}

// ---- text ----

const SPECIES: StaticArray<string> = [
  "black-tailed godwit",
  "bar-tailed godwit",
  "eurasian curlew",
  "golden plover",
  "common redshank",
];

const NOTES: StaticArray<string> = [
  "Seen on the mudflat at low tide, feeding with the flock. ",
  "Left the estuary in the evening, heading north. ",
  "Resting on the salt marsh above the tide line. ",
  "Colour rings read with the telescope from the dike. ",
  "Back at the same meadow as in the year before. ",
  "Two chicks near the ditch, alarm calls from both parents. ",
];

/** Writes ASCII text; answers the position after it. */
function put(to: usize, text: string): usize {
  for (let i = 0, n = text.length; i < n; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
  return to + text.length;
}

function putNumber(to: usize, value: u32, digits: i32): usize {
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(to + i, <u8>(48 + (value % 10)));
    value /= 10;
  }
  return to + digits;
}

function putKey(to: usize, key: u32): usize {
  return putNumber(put(to, key % 3 == 0 ? "session:" : "bird:"), key, 7);
}

/** A value as an application would store it: a small JSON document. */
function putValue(to: usize, key: u32): usize {
  to = putNumber(put(to, '{"id":'), key, 7);
  to = putNumber(put(to, ',"updated":'), <u32>clock, 9);
  to = put(put(to, ',"species":"'), SPECIES[key % SPECIES.length]);
  to = putNumber(put(to, '","ring":"NL-'), (key * 37) % 10000, 4);
  to = put(to, '","state":"resting","flags":["seen","counted","ringed"],"notes":"');
  const sentences: u32 = 1 + (key % 4) + randomBelow(2);
  for (let i: u32 = 0; i < sentences; i++) to = put(to, NOTES[randomBelow(NOTES.length)]);
  return put(to, '"}');
}

function copyOf(from: usize, length: u32): usize {
  const to = heap.alloc(length);
  memory.copy(to, from, length);
  return to;
}

function compareText(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const order = memory.compare(a, b, min(aLength, bLength));
  return order != 0 ? order : <i32>aLength - <i32>bLength;
}

function hashOf(key: usize, length: u32): u32 {
  let hash: u32 = 0x811c_9dc5;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(key + i)) * 0x0100_0193;
  return hash;
}

// ---- table ----

function newTable(buckets: u32): usize {
  const memoryOfTable = heap.alloc((<usize>buckets) << 2);
  memory.fill(memoryOfTable, 0, (<usize>buckets) << 2);
  return memoryOfTable;
}

function bucketOf(hash: u32): usize {
  return table + ((<usize>hash & (counters.buckets - 1)) << 2);
}

function find(key: usize, length: u32): usize {
  const hash = hashOf(key, length);
  let at = load<usize>(bucketOf(hash));
  while (at != 0) {
    const entry = changetype<Entry>(at);
    if (entry.hash == hash && compareText(key, length, entry.key, entry.keyLength) == 0) break;
    at = entry.next;
  }
  return at;
}

function growTable(): void {
  const old = table;
  const oldBuckets = counters.buckets;
  counters.buckets = oldBuckets << 1;
  table = newTable(counters.buckets);
  for (let i: u32 = 0; i < oldBuckets; i++) {
    let at = load<usize>(old + ((<usize>i) << 2));
    while (at != 0) {
      const entry = changetype<Entry>(at);
      const next = entry.next;
      const bucket = bucketOf(entry.hash);
      entry.next = load<usize>(bucket);
      store<usize>(bucket, at);
      at = next;
    }
  }
  heap.free(old);
}

// ---- ordered index ----

function newEntryMemory(levels: i32): usize {
  const bytes = offsetof<Entry>() + ((<usize>levels) << 2);
  const at = heap.alloc(bytes);
  memory.fill(at, 0, bytes);
  changetype<Entry>(at).levels = levels;
  return at;
}

function forward(entry: usize, level: i32): usize {
  return entry + offsetof<Entry>() + ((<usize>level) << 2);
}

/** Where on each level the pointer to the first entry not below the key stands. */
const path: usize = heap.alloc((<usize>MAX_LEVEL) << 2);

function seek(key: usize, length: u32): usize {
  let at = head;
  for (let level = MAX_LEVEL - 1; level >= 0; level--) {
    for (;;) {
      const next = load<usize>(forward(at, level));
      if (next == 0) break;
      const entry = changetype<Entry>(next);
      if (compareText(entry.key, entry.keyLength, key, length) >= 0) break;
      at = next;
    }
    store<usize>(path + ((<usize>level) << 2), forward(at, level));
  }
  return load<usize>(forward(at, 0));
}

function insert(key: usize, length: u32): Entry {
  if (counters.entries >= counters.buckets) growTable();
  let levels = 1;
  while (levels < MAX_LEVEL && (random() & 3) == 0) levels++;
  const at = newEntryMemory(levels);
  const entry = changetype<Entry>(at);
  entry.key = copyOf(key, length);
  entry.keyLength = length;
  entry.hash = hashOf(key, length);
  seek(key, length);
  for (let level = 0; level < levels; level++) {
    const pointer = load<usize>(path + ((<usize>level) << 2));
    store<usize>(forward(at, level), load<usize>(pointer));
    store<usize>(pointer, at);
  }
  const bucket = bucketOf(entry.hash);
  entry.next = load<usize>(bucket);
  store<usize>(bucket, at);
  counters.entries++;
  return entry;
}

function remove(at: usize): void {
  const entry = changetype<Entry>(at);
  seek(entry.key, entry.keyLength);
  for (let level = 0; level < entry.levels; level++) {
    const pointer = load<usize>(path + ((<usize>level) << 2));
    if (load<usize>(pointer) == at) store<usize>(pointer, load<usize>(forward(at, level)));
  }
  let pointer = bucketOf(entry.hash);
  while (load<usize>(pointer) != at) pointer = load<usize>(pointer) + offsetof<Entry>("next");
  store<usize>(pointer, entry.next);
  heap.free(entry.key);
  heap.free(entry.value);
  heap.free(at);
  counters.entries--;
}

// ---- write-ahead log ----

function appendLine(line: usize, length: u32): void {
  let segment = changetype<Segment>(lastSegment);
  if (lastSegment == 0 || segment.used + length > SEGMENT_BYTES) {
    const at = heap.alloc(offsetof<Segment>() + SEGMENT_BYTES);
    segment = changetype<Segment>(at);
    segment.next = 0;
    segment.used = 0;
    segment.lines = 0;
    if (lastSegment == 0) firstSegment = at;
    else changetype<Segment>(lastSegment).next = at;
    lastSegment = at;
    counters.segments++;
  }
  memory.copy(lastSegment + offsetof<Segment>() + segment.used, line, length);
  segment.used += length;
  segment.lines++;
}

/** A write's line: time, operation, key and, for a set, the value. */
function logWrite(operation: string, key: usize, keyLength: u32, value: usize, length: u32): void {
  const line = response;
  let at = put(putNumber(line, <u32>clock, 9), operation);
  memory.copy(at, key, keyLength);
  at = put(at + keyLength, " ");
  memory.copy(at, value, length);
  at = put(at + length, "\n");
  appendLine(line, <u32>(at - line));
}

/** Frees the oldest segments: a replica that lags behind by more has to copy the store anew. */
function trimLog(): void {
  while (counters.segments > SEGMENTS_KEPT) {
    const old = firstSegment;
    firstSegment = changetype<Segment>(old).next;
    heap.free(old);
    counters.segments--;
    counters.trims++;
  }
}

// ---- requests ----

function setValue(key: usize, keyLength: u32, value: usize, length: u32): void {
  const found = find(key, keyLength);
  const entry = found != 0 ? changetype<Entry>(found) : insert(key, keyLength);
  if (entry.value != 0) heap.free(entry.value);
  entry.value = copyOf(value, length);
  entry.valueLength = length;
  entry.version++;
  entry.usedAt = clock;
  logWrite(" set ", key, keyLength, value, length);
  counters.sets++;
}

function getValue(key: usize, keyLength: u32): void {
  counters.gets++;
  const found = find(key, keyLength);
  if (found == 0) return;
  const entry = changetype<Entry>(found);
  entry.hits++;
  entry.usedAt = clock;
  counters.hits++;
  memory.copy(response, entry.value, entry.valueLength);
}

function deleteKey(key: usize, keyLength: u32): void {
  const found = find(key, keyLength);
  if (found == 0) return;
  logWrite(" delete ", key, keyLength, 0, 0);
  remove(found);
  counters.deletes++;
}

function scanFrom(key: usize, keyLength: u32, entries: u32): void {
  let at = seek(key, keyLength);
  let to = response;
  for (let i: u32 = 0; i < entries && at != 0; i++) {
    const entry = changetype<Entry>(at);
    if (to + entry.valueLength > response + 32768) break;
    memory.copy(to, entry.value, entry.valueLength);
    to += entry.valueLength;
    at = load<usize>(forward(at, 0));
  }
  counters.scans++;
}

/** The most used entries of a part of the key space, sorted in place by insertion. */
function sortReport(): void {
  let at = load<usize>(forward(head, 0));
  let length = 0;
  while (at != 0) {
    const hits = changetype<Entry>(at).hits;
    let place = length < REPORT_ENTRIES ? length++ : REPORT_ENTRIES;
    while (place > 0 && changetype<Entry>(load<usize>(report + ((place - 1) << 2))).hits < hits) {
      if (place < REPORT_ENTRIES) {
        store<usize>(report + (place << 2), load<usize>(report + ((place - 1) << 2)));
      }
      place--;
    }
    if (place < REPORT_ENTRIES) store<usize>(report + (place << 2), at);
    at = load<usize>(forward(at, 0));
  }
  counters.reports++;
}

function serve(keys: u32): void {
  clock += 400 + randomBelow(200);
  counters.requests++;
  const kind = randomBelow(100);
  const key = skewedKey(keys);
  const keyEnd = putKey(request, key);
  const keyLength = <u32>(keyEnd - request);
  if (kind < 50) {
    getValue(request, keyLength);
  } else if (kind < 92) {
    const valueEnd = putValue(keyEnd, key);
    setValue(request, keyLength, keyEnd, <u32>(valueEnd - keyEnd));
  } else if (kind < 95) {
    deleteKey(request, keyLength);
  } else {
    scanFrom(request, keyLength, 5 + randomBelow(30));
  }
  trimLog();
}

// ---- what the recorder calls ----

/** Loads the store with `keys` keys. */
export function start(keys: u32): void {
  counters.buckets = 1024;
  table = newTable(counters.buckets);
  report = heap.alloc((<usize>REPORT_ENTRIES) << 2);
  for (let i: u32 = 0; i < keys; i++) {
    const key = <u32>((<u64>i * 4801) % keys);
    const keyEnd = putKey(request, key);
    const valueEnd = putValue(keyEnd, key);
    setValue(request, <u32>(keyEnd - request), keyEnd, <u32>(valueEnd - keyEnd));
    clock += 100;
    trimLog();
  }
}

/** Serves `requests` requests for keys below `keys`. */
export function run(requests: u32, keys: u32): void {
  for (let i: u32 = 0; i < requests; i++) serve(keys);
}

/** Writes the report of the most used keys. */
export function summarize(): void {
  sortReport();
}
