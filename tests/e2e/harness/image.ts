/**
 * OCI image tars written from TypeScript, for `ctr image import`: several layers, whiteouts, opaque folders, symlinks.
 * Apart from `layotto image pack` on purpose: that one packs a function, this one packs what nobody should.
 */
import { pack } from "tar-stream";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";

/** One thing in a layer; a plain text or bytes is a file. */
export type Entry =
  | string
  | Uint8Array
  | { file: string | Uint8Array; mode: number }
  | { link: string }
  | { folder: true };

/** Path in the image (no leading slash) to what lies there. `.wh.NAME` and `.wh..wh..opq` are OCI's whiteouts. */
export type Layer = Record<string, Entry>;

export interface ImageOptions {
  /** Full reference, e.g. `localhost/hello:latest`. */
  reference: string;
  /** Bottom first. */
  layers: Layer[];
  command?: string[];
  env?: string[];
  os?: string;
  architecture?: string;
}

/** The bytes of an OCI image layout in a tar. */
export async function imageTar(options: ImageOptions): Promise<Uint8Array> {
  const { reference, command = [], env = [] } = options;
  const layers = await Promise.all(options.layers.map(layerTar));
  const config = json({
    architecture: options.architecture ?? machine(),
    os: options.os ?? "linux",
    config: { Cmd: command, Env: env },
    rootfs: { type: "layers", diff_ids: layers.map((bytes) => digest(bytes)) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((bytes) =>
      describe("application/vnd.oci.image.layer.v1.tar", bytes)
    ),
  });
  const index = json({
    schemaVersion: 2,
    manifests: [{
      ...describe("application/vnd.oci.image.manifest.v1+json", manifest),
      annotations: { "io.containerd.image.name": reference },
    }],
  });
  const blobs = [...layers, config, manifest].map((bytes) =>
    [`blobs/sha256/${hex(bytes)}`, bytes] as const
  );
  return await layerTar({
    "oci-layout": `{"imageLayoutVersion":"1.0.0"}`,
    ...Object.fromEntries(blobs),
    "index.json": index,
  });
}

/** An image of one layer that holds a function at `/function.wasm`, started as its command. */
export function functionImage(
  reference: string,
  module: Uint8Array,
  args: string[] = [],
): ImageOptions {
  return {
    reference,
    layers: [{ "function.wasm": module }],
    command: ["/function.wasm", ...args],
  };
}

async function layerTar(layer: Layer): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, entry] of Object.entries(layer)) add(tar, name, entry);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function add(tar: ReturnType<typeof pack>, name: string, entry: Entry): void {
  if (typeof entry === "string" || entry instanceof Uint8Array) {
    tar.entry({ name, mode: 0o644 }, Buffer.from(entry as string));
  } else if ("file" in entry) {
    tar.entry({ name, mode: entry.mode }, Buffer.from(entry.file as string));
  } else if ("link" in entry) {
    tar.entry({ name, type: "symlink", linkname: entry.link });
  } else {
    tar.entry({ name, type: "directory", mode: 0o755 });
  }
}

function machine(): string {
  return Deno.build.arch === "x86_64" ? "amd64" : "arm64";
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function digest(bytes: Uint8Array): string {
  return `sha256:${hex(bytes)}`;
}

function describe(mediaType: string, bytes: Uint8Array) {
  return { mediaType, digest: digest(bytes), size: bytes.length };
}
