/** From a failed file call to the guest's errno. */
import { FileError, type GuestHost, LogLevel } from "../host.ts";
import { Errno } from "./types.ts";

/** The errno of a `FileError`; anything else is a fault of this host: 29 to the guest, the reason to the log. */
export function errnoOf(host: GuestHost, call: string, error: unknown): Errno {
  if (error instanceof FileError) return error.errno;
  const reason = error instanceof Error ? error.message : String(error);
  host.log(LogLevel.error, `${call} failed: ${reason}`);
  return Errno.io;
}
