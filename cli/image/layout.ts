/**
 * An OCI image layout (image-spec 1.0) in one tar, with the manifest that `docker load` wants beside it. Ordinary tar
 * layers whose digests match their diff_ids: that imports, runs and unpacks on every containerd, whatever platform the
 * image names (SHIM.md §8).
 */
import type { Layer } from "./layer.ts";
import type { Reference } from "./reference.ts";
import { type TarEntry, writeTar } from "./tar.ts";

export interface ImageOptions {
  reference: Reference;
  platform: { os: string; architecture: string; variant?: string };
  /** Lowest first. */
  layers: readonly Layer[];
  /** `process.args` of a container without a command of its own. */
  entrypoint: readonly string[];
  env: readonly string[];
}

interface Blob {
  mediaType: string;
  digest: string;
  size: number;
}

/** The only time in an image, so that the same inputs give the same bytes. */
const EPOCH = "1970-01-01T00:00:00Z";

/** @returns the tar's bytes and the manifest's digest. */
export async function writeImage(
  options: ImageOptions,
): Promise<{ tar: Uint8Array<ArrayBuffer>; digest: string }> {
  const blobs = new Map<string, Uint8Array>();
  const add = async (
    mediaType: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Blob> => {
    const digest = await digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const layers: Blob[] = [];
  const diffIds: string[] = [];
  for (const layer of options.layers) {
    layers.push(await add(layer.mediaType, layer.bytes));
    diffIds.push(await digestOf(layer.unpacked));
  }
  const config = await add(
    "application/vnd.oci.image.config.v1+json",
    json(configOf(options, diffIds)),
  );
  const manifestType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = await add(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers }),
  );
  const path = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const entries: TarEntry[] = [
    { path: "oci-layout", bytes: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", bytes: json(indexOf(options.reference, manifest)) },
    {
      path: "manifest.json",
      bytes: json([{
        Config: path(config.digest),
        RepoTags: [options.reference.name],
        Layers: layers.map(({ digest }) => path(digest)),
      }]),
    },
    { path: "blobs/", directory: true },
    { path: "blobs/sha256/", directory: true },
    ...[...blobs].map(([digest, bytes]) => ({ path: path(digest), bytes })),
  ];
  return { tar: await writeTar(entries), digest: manifest.digest };
}

function configOf(options: ImageOptions, diffIds: readonly string[]): unknown {
  return {
    created: EPOCH,
    ...options.platform,
    config: {
      Env: options.env,
      Entrypoint: options.entrypoint,
      WorkingDir: "/",
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map(() => ({
      created: EPOCH,
      created_by: "layotto image pack",
    })),
  };
}

/**
 * The entry names no platform: containerd would leave out one that is not its node's. `ctr image import` takes the full
 * name from its own annotation; other tools know the tag by the standard one.
 */
function indexOf(reference: Reference, manifest: Blob): unknown {
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{
      ...manifest,
      annotations: {
        "io.containerd.image.name": reference.name,
        "org.opencontainers.image.ref.name": reference.tag,
      },
    }],
  };
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${hash.toHex()}`;
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
