/** Lists of `{u32 address, u32 size}` in guest memory. */
import type { GuestMemory } from "../memory.ts";

/** Entries of one list; more is EINVAL, as POSIX's IOV_MAX. */
const MAX_ENTRIES = 1024;

/** Whether the list and every range in it are in bounds: "ok", or the reason, "inval" or "fault". */
export function checkIovecs(
  memory: GuestMemory,
  list: number,
  count: number,
): "ok" | "inval" | "fault" {
  if (count > MAX_ENTRIES) return "inval";
  if (count > 0 && !memory.holds(list, 8 * count)) return "fault";
  for (let at = list; at < list + 8 * count; at += 8) {
    const size = memory.u32(at + 4);
    if (size > 0 && !memory.holds(memory.u32(at), size)) return "fault";
  }
  return "ok";
}

/** Copies what the list names, `max` bytes at most. The caller has checked the list. */
export function gather(
  memory: GuestMemory,
  list: number,
  count: number,
  max: number,
): Uint8Array {
  const size = Math.min(totalSize(memory, list, count), max);
  if (count === 1) return memory.copy(memory.u32(list), size)!;
  const out = new Uint8Array(size);
  let filled = 0;
  for (let at = list; filled < size; at += 8) {
    const part = memory.copy(
      memory.u32(at),
      Math.min(memory.u32(at + 4), size - filled),
    )!;
    out.set(part, filled);
    filled += part.length;
  }
  return out;
}

/** Stores `bytes` in the ranges of the list, in order. The caller has checked it and that they hold so much. */
export function scatter(
  memory: GuestMemory,
  list: number,
  bytes: Uint8Array,
): void {
  let taken = 0;
  for (let at = list; taken < bytes.length; at += 8) {
    const size = Math.min(memory.u32(at + 4), bytes.length - taken);
    memory.write(memory.u32(at), bytes.subarray(taken, taken + size));
    taken += size;
  }
}

/** Sum of the sizes. The caller has checked the list. */
export function totalSize(
  memory: GuestMemory,
  list: number,
  count: number,
): number {
  let size = 0;
  for (let i = 0; i < count; i++) size += memory.u32(list + 8 * i + 4);
  return size;
}
