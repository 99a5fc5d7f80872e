/** Tar files in memory that come out the same every time: fixed times, owner root. */
import type { Pack } from "tar-stream";

export type TarEntry =
  | { path: string; directory: true }
  | { path: string; bytes: Uint8Array; mode?: number };

/** One tar of `entries`, in their order. Files have mode 0644 unless they say otherwise. */
export async function writeTar(
  entries: readonly TarEntry[],
): Promise<Uint8Array<ArrayBuffer>> {
  // CommonJS: once it is bundled, only the default export is sure to be there.
  const [{ default: tarStream }, { Buffer }] = await Promise.all([
    import("tar-stream"),
    import("node:buffer"),
  ]);
  const tar = tarStream.pack();
  const collected = collect(tar);
  for (const entry of entries) {
    const header = { name: entry.path, uid: 0, gid: 0, mtime: new Date(0) };
    if ("directory" in entry) {
      tar.entry({ ...header, type: "directory", mode: 0o755 });
      continue;
    }
    const { buffer, byteOffset, length } = entry.bytes;
    tar.entry(
      { ...header, mode: entry.mode ?? 0o644 },
      Buffer.from(buffer, byteOffset, length),
    );
  }
  tar.finalize();
  return await collected;
}

async function collect(tar: Pack): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array<ArrayBuffer>);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
