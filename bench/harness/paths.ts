/** Paths of this repository. */

/** The path of `relative`, seen from this folder, on disk. */
export function fromFileUrl(relative: string): string {
  return decodeURIComponent(new URL(relative, import.meta.url).pathname);
}

/** A program of `bench/baselines`. */
export function baseline(name: string): string {
  return fromFileUrl(`../baselines/${name}`);
}

/** A built example function. */
export function example(name: string): string {
  return fromFileUrl(`../../examples/${name}/build/${name}.wasm`);
}
