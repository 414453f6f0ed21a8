/** Now, on a clock that all processes of this computer have. */
export function wallMs() {
  return performance.timeOrigin + performance.now();
}

/** Tells of the first slice that a machine runs: when it began and when it was done. */
export function onFirstSlice(machine, tell) {
  const { cpu } = machine.emulator.v86;
  const run = cpu.main_loop;
  cpu.main_loop = () => {
    const beganAt = wallMs();
    const idle = run.call(cpu);
    cpu.main_loop = run;
    tell({ beganAt, doneAt: wallMs() });
    return idle;
  };
}
