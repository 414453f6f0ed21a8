import { type FileHandle, open } from "node:fs/promises";
import { fileRefusal } from "../files/file-errors.js";
import type { StagedFolder } from "../files/staged-folder.js";

/** Writes what goes over a channel to files of its folder: `migration.ch0.bin`, and `migration.ch0.return.bin` for what comes back. */
export class ChannelRecorder {
  readonly #folder: StagedFolder;
  readonly #index: number;
  readonly #forth: FileHandle;
  #back: FileHandle | null = null;

  private constructor(folder: StagedFolder, index: number, forth: FileHandle) {
    this.#folder = folder;
    this.#index = index;
    this.#forth = forth;
  }

  static async open(folder: StagedFolder, index: number): Promise<ChannelRecorder> {
    const forth = await open(folder.file(`migration.ch${index}.bin`), "wx");
    return new ChannelRecorder(folder, index, forth);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#put(this.#forth, bytes);
  }

  async writeReturn(bytes: Uint8Array): Promise<void> {
    this.#back ??= await open(this.#folder.file(`migration.ch${this.#index}.return.bin`), "wx");
    await this.#put(this.#back, bytes);
  }

  async #put(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await file.writeFile(bytes).catch((cause) => {
      throw fileRefusal("record", this.#folder.path, "a folder that holds all that passes", cause);
    });
  }

  /** Closes the files, once what they hold is on the disk. */
  async close(): Promise<void> {
    for (const handle of [this.#forth, this.#back]) {
      if (handle === null) continue;
      await handle.sync();
      await handle.close();
    }
  }
}
