// One data centre in a process of its own: nothing is compiled yet when the clock starts, and no memory is
// anybody else's. The task comes as the first argument; one message goes to the parent, which then ends the
// process.

import { countCpuTime } from "../migration/cpu-time.js";
import { peakBytes } from "../migration/memory-use.js";
import { taskOf } from "./tasks.js";

const run = await taskOf(JSON.parse(process.argv[2]));
const held = process.memoryUsage().rss;
const startMs = performance.now();
const stop = countCpuTime();
const { migrations, count } = await run();
const cpu = stop();
const wallMs = performance.now() - startMs;
const peak = peakBytes();
process.send({
  ...cpu,
  wallMs,
  peakBytes: peak,
  addedBytes: Math.max(0, peak - held),
  migrations,
  count,
});
