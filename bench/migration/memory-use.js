import { readFileSync } from "node:fs";

/**
 * The most memory this process ever held, in bytes. `maxRSS` starts from what the parent held where a
 * process is born as a copy of it, so the kernel's own mark is asked where there is one.
 */
export function peakBytes() {
  try {
    const [, kilobytes] =
      /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
