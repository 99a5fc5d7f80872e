/** Paths of this repository, from the place of the file that asks. */

/** The path of `relative`, seen from this folder, on disk. */
export function fromFileUrl(relative: string): string {
  return decodeURIComponent(new URL(relative, import.meta.url).pathname);
}
