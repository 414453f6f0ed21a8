/**
 * A stream that may be closed by its reader at any time, as in `godwit run | head -1`: what is written
 * after that goes nowhere, and the run still ends with its files and its exit code. What is lost for any
 * other reason, such as a full disk, is told once to `onLost`.
 */
export function quietScreen(
  stream: NodeJS.WriteStream,
  onLost: (reason: string) => void,
): NodeJS.WriteStream {
  let isLost = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // The second is what Node says of every write after the first that failed.
    if (isLost || error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
    isLost = true;
    onLost(error.code === "ENOSPC" ? "no space left" : error.message);
  });
  return stream;
}
