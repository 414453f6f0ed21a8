// Fetches Debian's 32-bit Linux, the larger guest of the tests of real machines, into the user's cache.
// Uses the build. Says nothing when it is there already.

const { linuxGuestFiles } = await import("../dist/files/linux-guest-files.js");

const slow = setTimeout(() => console.log("Fetching Debian's Linux for a test guest ..."), 2000);
try {
  await linuxGuestFiles();
} catch (error) {
  console.error(`No Linux guest, so the tests with one are skipped: ${error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(slow);
}
