/** poll(2) on a thread of Deno's pool: the isolate goes on, and nothing wakes until something happens. */
import { libcLater, POLL } from "../libc.ts";

/** Waits until one of `fds` is ready for what is asked of it, or `timeoutMs` is over (−1: never). */
export async function poll(
  fds: readonly { fd: number; events: number }[],
  timeoutMs: number,
): Promise<number[]> {
  const SIZE = 8;
  const buffer = new Uint8Array(fds.length * SIZE);
  const view = new DataView(buffer.buffer);
  fds.forEach(({ fd, events }, at) => {
    view.setInt32(at * SIZE, fd, true);
    view.setInt16(at * SIZE + 4, events, true);
  });
  await libcLater().poll_later(buffer, BigInt(fds.length), timeoutMs);
  return fds.map((_, at) => view.getInt16(at * SIZE + 6, true));
}

/** Whether there is something to read, end of file included. */
export function isReadable(events: number): boolean {
  return (events & (POLL.IN | POLL.HUP | POLL.ERR)) !== 0;
}
