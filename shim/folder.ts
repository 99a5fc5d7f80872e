/** What `delete` asks of the file system before it loads anything. */

/** Whether there is anything at `path`. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a folder has nothing in it, or is not there. */
export function isEmpty(folder: string): boolean {
  try {
    return Deno.readDirSync(folder)[Symbol.iterator]().next().done === true;
  } catch {
    return true;
  }
}
