/** A line on the terminal that says what is being timed; nothing where there is no terminal. */
export function createProgress(stream = process.stderr) {
  const write = (/** @type {string} */ text) => {
    if (!stream.isTTY) return;
    const width = (stream.columns ?? 80) - 1;
    stream.write(`\r\x1b[2K${text.slice(0, width)}`);
  };
  return { show: write, clear: () => write("") };
}
