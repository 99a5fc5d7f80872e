/** Layers of an image: the function's own, and tar files that a user gives. */
import { readFile } from "../read_file.ts";
import { type TarEntry, writeTar } from "./tar.ts";

export interface Layer {
  /** As it stands in the image. */
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
  /** What is unpacked: the same bytes unless they are compressed. Its digest is the layer's diff_id. */
  unpacked: Uint8Array<ArrayBuffer>;
}

const TAR = "application/vnd.oci.image.layer.v1.tar";

/** Greatest layer, compressed or not, bytes. */
const MAX_LAYER = 1024 * 1024 * 1024;

/** A tar's block, bytes; where its checksum stands in a header, and how long it is. */
const BLOCK = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_SIZE = 8;

/** The layer that holds `wasm` at `entry` (an absolute path) and the folders above it. */
export async function functionLayer(
  entry: string,
  wasm: Uint8Array,
): Promise<Layer> {
  const parts = entry.slice(1).split("/");
  const entries: TarEntry[] = parts.slice(0, -1).map((_, i) => ({
    path: `${parts.slice(0, i + 1).join("/")}/`,
    directory: true,
  }));
  entries.push({ path: parts.join("/"), bytes: wasm, mode: 0o755 });
  const bytes = await writeTar(entries);
  return { bytes, mediaType: TAR, unpacked: bytes };
}

/**
 * The tar file at `path`, plain or gzipped, as a layer.
 * @throws {Error} naming the file: it cannot be read, is too large, or is no tar.
 */
export async function fileLayer(path: string): Promise<Layer> {
  const bytes = await readFile(path, MAX_LAYER);
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const unpacked = zipped ? await gunzip(path, bytes) : bytes;
  if (!looksLikeTar(unpacked)) {
    throw new Error(`${path}: found no tar file, expected one, plain or gzip`);
  }
  return { bytes, mediaType: zipped ? `${TAR}+gzip` : TAR, unpacked };
}

async function gunzip(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(
      new DecompressionStream("gzip"),
    );
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > MAX_LAYER) {
        throw new Error(`more than ${MAX_LAYER} bytes when unpacked`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Whether the first block is a header whose checksum is right, or the end of an empty archive. */
function looksLikeTar(bytes: Uint8Array): boolean {
  if (bytes.length < 2 * BLOCK || bytes.length % BLOCK !== 0) return false;
  const header = bytes.subarray(0, BLOCK);
  if (header.every((byte) => byte === 0)) return true;
  const field = header.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_SIZE);
  const said = /^ *([0-7]+)/.exec(new TextDecoder("latin1").decode(field));
  // The sum of all bytes, its own field counted as blanks.
  const sum = header.reduce((total, byte) => total + byte, 0) -
    field.reduce((total, byte) => total + byte, 0) + CHECKSUM_SIZE * 32;
  return said !== null && parseInt(said[1] ?? "", 8) === sum;
}
