/** A folder of the host with files and links, and a function that has it as its root. */
import { FileError, type OpenOptions } from "../../../abi/host.ts";
import { FunctionFiles } from "../../../runtime/broker/files.ts";

/** Opening for reading, and nothing else. */
export const READ: OpenOptions = {
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  follow: true,
};
export const DIRECTORY: OpenOptions = { ...READ, directory: true };

export interface Tree {
  /** Has `root` and, beside it, what no guest may reach. */
  top: string;
  root: string;
  files: FunctionFiles;
  readOnly: FunctionFiles;
  [Symbol.dispose](): void;
}

/** `root/` with a file, a folder and links; `secret` and `outside/` lie beside it. */
export function makeTree(): Tree {
  const top = Deno.makeTempDirSync();
  const root = `${top}/root`;
  Deno.mkdirSync(`${root}/dir/deep`, { recursive: true });
  Deno.mkdirSync(`${top}/outside`);
  Deno.writeTextFileSync(`${top}/secret`, "secret");
  Deno.writeTextFileSync(`${top}/outside/file`, "secret");
  Deno.writeTextFileSync(`${root}/file`, "0123456789");
  const links = {
    up: "../secret",
    absolute: `${top}/secret`,
    inside: "/file",
    loop: "loop",
    dangling: "nothing",
    out: "../outside",
    outAbsolute: `${top}/outside`,
    magic: "/proc/self/root",
    toDir: "dir",
    "dir/parent": "..",
    "dir/rooted": "/file",
    "dir/top": "../../secret",
  };
  for (const [path, target] of Object.entries(links)) {
    Deno.symlinkSync(target, `${root}/${path}`);
  }
  const files = new FunctionFiles([{ path: "/", readOnly: false }], [root]);
  const readOnly = new FunctionFiles([{ path: "/", readOnly: true }], [root]);
  return {
    top,
    root,
    files,
    readOnly,
    [Symbol.dispose]() {
      files.closeAll();
      readOnly.closeAll();
      Deno.removeSync(top, { recursive: true });
    },
  };
}

/** The errno a call fails with, or 0. */
export async function errnoOf(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return 0;
  } catch (error) {
    if (error instanceof FileError) return error.errno;
    throw error;
  }
}

export async function readAll(
  files: FunctionFiles,
  path: string,
  at = 0,
): Promise<string> {
  const { handle } = await files.open(at, path, READ);
  const bytes = await files.read(handle, 0n, 100);
  await files.close(handle);
  return new TextDecoder().decode(bytes);
}
