/**
 * A stream that may be closed by its reader at any time, as in `godwit run | head -1`: what is written
 * after that goes nowhere, and the run still ends with its files and its exit code.
 */
export function quietScreen(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // The second is what Node says of every write after the first that failed.
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
  return stream;
}
