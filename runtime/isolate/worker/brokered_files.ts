/** A guest's files as its isolate has them: each call goes over the port to the broker. */
import {
  FILE_CALLS,
  type FileCall,
  FileError,
  type GuestFiles,
  type Preopen,
} from "../../../abi/host.ts";
import { call, CallFailed } from "./port.ts";

const EIO = 29;

/** The files of function `fn`. */
export function brokeredFiles(
  fn: number,
  preopens: readonly Preopen[],
): GuestFiles {
  const calls = FILE_CALLS.map((name) =>
    [name, (...args: unknown[]) => ask(fn, name, args)] as const
  );
  return { preopens, ...Object.fromEntries(calls) } as unknown as GuestFiles;
}

async function ask(
  fn: number,
  name: FileCall,
  args: unknown[],
): Promise<unknown> {
  try {
    return await call(fn, `file.${name}`, args);
  } catch (error) {
    const errno = error instanceof CallFailed ? error.errno : undefined;
    throw new FileError(errno ?? EIO, (error as Error).message);
  }
}
