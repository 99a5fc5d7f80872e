/** What containerd put into a bundle: the OCI spec, as far as this shim reads it. */

/** A mount of the OCI spec. */
export interface SpecMount {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
}

/** `linux.resources`, as far as it is applied. */
export interface Resources {
  memory?: { limit?: number };
  cpu?: { shares?: number; quota?: number; period?: number };
  pids?: { limit?: number };
}

/** `config.json`. Every part may be missing: the sandbox API has none at all, `ctr` leaves much out. */
export interface Spec {
  process?: {
    args?: string[];
    env?: string[];
    cwd?: string;
    user?: { uid?: number; gid?: number; additionalGids?: number[] };
    oomScoreAdj?: number;
  };
  root?: { path?: string; readonly?: boolean };
  hostname?: string;
  mounts?: SpecMount[];
  annotations?: Record<string, string>;
  linux?: {
    namespaces?: { type: string; path?: string }[];
    cgroupsPath?: string;
    resources?: Resources;
  };
}

/** Largest `config.json` that is read: bytes. */
const MAX_SPEC = 16 * 1024 * 1024;

/**
 * The spec of the bundle at `bundle`, or an empty one where it has no `config.json`.
 * @throws {TypeError} when the file is no JSON object or over 16 MiB.
 */
export function readSpec(bundle: string): Spec {
  const path = `${bundle}/config.json`;
  try {
    const { size } = Deno.statSync(path);
    if (size > MAX_SPEC) {
      throw new TypeError(
        `${path}: ${size} bytes, expected at most ${MAX_SPEC}`,
      );
    }
    return asSpec(JSON.parse(Deno.readTextFileSync(path)), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof SyntaxError) {
      throw new TypeError(`${path}: not JSON: ${error.message}`);
    }
    throw error;
  }
}

function asSpec(value: unknown, path: string): Spec {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${path}: expected an object`);
  }
  const spec = value as Spec;
  for (const list of ["args", "env"] as const) {
    const words: unknown = spec.process?.[list] ?? [];
    if (
      !Array.isArray(words) || words.some((word) => typeof word !== "string")
    ) {
      throw new TypeError(`${path}: process.${list}: expected strings`);
    }
  }
  return spec;
}

/** Prefix of the annotations that are settings. */
const SETTINGS = "layotto.mosn.io/";

/** The settings among a spec's annotations, prefix removed. */
export function settingsOf(spec: Spec): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.annotations ?? {})
      .filter(([name]) => name.startsWith(SETTINGS))
      .map(([name, value]) => [name.slice(SETTINGS.length), value]),
  );
}

/** Whether this is the container of a pod itself, which runs no function. */
export function isSandbox(spec: Spec): boolean {
  return spec.annotations?.["io.kubernetes.cri.container-type"] === "sandbox";
}

/** A container's name as its user knows it: CRI's, else its id. */
export function nameOf(spec: Spec, id: string): string {
  return spec.annotations?.["io.kubernetes.cri.container-name"] || id;
}
