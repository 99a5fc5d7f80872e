/** `poll_oneoff` for commands: real sleeping, and waiting for stdin. */
import { monotonic, realtime } from "../clock.ts";
import { type HostCallTable, suspends } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import type { Descriptor } from "./descriptors.ts";
import { Errno, Rights } from "./types.ts";

export const COMMAND_POLL: HostCallTable<CommandState> = {
  poll_oneoff: suspends((state) => pollOneoff(state, PREVIEW1)),
};

/** The same under `wasi_unstable`, whose clocks have user data of their own. */
export const UNSTABLE_POLL: HostCallTable<CommandState> = {
  poll_oneoff: suspends((state) => pollOneoff(state, UNSTABLE)),
};

const MAX_SUBSCRIPTIONS = 1024;
const EVENT_SIZE = 32;
const HANGUP = 1;

/**
 * A subscription: `{u64 user data, u8 type at 8, then for a descriptor u32 fd at 16; for a clock u32 id, u64 timeout,
 * u16 flags}`.
 */
interface Layout {
  size: number;
  clock: number;
  timeout: number;
  flags: number;
}
const PREVIEW1: Layout = { size: 48, clock: 16, timeout: 24, flags: 40 };
const UNSTABLE: Layout = { size: 56, clock: 24, timeout: 32, flags: 48 };

const TYPE_CLOCK = 0;
const TYPE_READ = 1;
const TYPE_WRITE = 2;
const ABSOLUTE = 1;
const REALTIME = 0;
const MONOTONIC = 1;

/** The longest that `setTimeout` can wait; a longer sleep is waited for in pieces. */
const MAX_TIMEOUT = 2 ** 31 - 1;

interface Subscription {
  userData: bigint;
  type: number;
  /** Of a descriptor. */
  fd: number;
  /** Of a clock: when it rings, on the monotonic clock, in milliseconds. */
  deadline: number;
  errno: Errno;
}

/** `(in, out, count, events*)`: waits until at least one has happened. 0; 28 for none, or more than 1024; 21. */
function pollOneoff(state: CommandState, layout: Layout) {
  const { memory } = state;
  return (
    subscriptionsAt: number,
    eventsAt: number,
    count: number,
    usedAt: number,
  ): Errno | Promise<Errno> => {
    subscriptionsAt >>>= 0;
    eventsAt >>>= 0;
    count >>>= 0;
    usedAt >>>= 0;
    if (count === 0 || count > MAX_SUBSCRIPTIONS) return Errno.inval;
    if (
      !memory.holds(subscriptionsAt, count * layout.size) ||
      !memory.holds(eventsAt, count * EVENT_SIZE) || !memory.holds(usedAt, 4)
    ) {
      return Errno.fault;
    }
    const subscriptions: Subscription[] = [];
    for (let i = 0; i < count; i++) {
      subscriptions.push(
        subscriptionAt(state, layout, subscriptionsAt + i * layout.size),
      );
    }
    return state.waiting(wait(state, subscriptions, eventsAt, usedAt));
  };
}

function subscriptionAt(
  { memory, descriptors }: CommandState,
  layout: Layout,
  at: number,
): Subscription {
  const subscription: Subscription = {
    userData: memory.u64(at),
    type: memory.u8(at + 8),
    fd: memory.u32(at + 16),
    deadline: Infinity,
    errno: Errno.success,
  };
  if (subscription.type > TYPE_WRITE) subscription.errno = Errno.inval;
  else if (subscription.type !== TYPE_CLOCK) {
    const open = descriptors.get(subscription.fd);
    if (open === undefined) subscription.errno = Errno.badf;
    else if ((open.rights & Rights.pollFdReadwrite) === 0n) {
      // A directory is never waited for.
      if (open.type !== "directory") subscription.errno = Errno.notcapable;
    }
  } else {
    const clock = memory.u32(at + layout.clock);
    const timeout = Number(memory.u64(at + layout.timeout)) / 1e6;
    const absolute = (memory.u16(at + layout.flags) & ABSOLUTE) !== 0;
    if (clock > MONOTONIC) subscription.errno = Errno.notsup;
    else if (!absolute) subscription.deadline = monotonic() + timeout;
    else {
      const now = clock === REALTIME ? realtime() : monotonic();
      subscription.deadline = monotonic() + timeout - now;
    }
  }
  return subscription;
}

function isStdin(descriptor: Descriptor | undefined): boolean {
  return descriptor?.type === "stream" && descriptor.stream === 0;
}

function hasHappened(
  { stdin, descriptors }: CommandState,
  subscription: Subscription,
): boolean {
  if (subscription.errno !== Errno.success) return true;
  if (subscription.type === TYPE_CLOCK) {
    return monotonic() >= subscription.deadline;
  }
  // Files are always ready, and what is written waits in `fd_write` itself.
  return subscription.type === TYPE_WRITE ||
    !isStdin(descriptors.get(subscription.fd)) || stdin.isReady;
}

async function wait(
  state: CommandState,
  subscriptions: readonly Subscription[],
  eventsAt: number,
  usedAt: number,
): Promise<Errno> {
  const { memory, stdin, descriptors } = state;
  const wantsStdin = subscriptions.some((one) =>
    one.type === TYPE_READ && one.errno === Errno.success &&
    isStdin(descriptors.get(one.fd))
  );
  const earliest = Math.min(...subscriptions.map((one) => one.deadline));
  while (!subscriptions.some((one) => hasHappened(state, one))) {
    await sleepOr(
      earliest - monotonic(),
      wantsStdin ? stdin.ready() : undefined,
    );
  }
  let at = eventsAt;
  for (const subscription of subscriptions) {
    if (!hasHappened(state, subscription)) continue;
    memory.clear(at, EVENT_SIZE);
    memory.setU64(at, subscription.userData);
    memory.setU16(at + 8, subscription.errno);
    memory.setU8(at + 10, subscription.type);
    if (
      subscription.type === TYPE_READ && subscription.errno === Errno.success &&
      isStdin(descriptors.get(subscription.fd))
    ) {
      memory.setU64(at + 16, BigInt(stdin.available));
      if (stdin.hasEnded) memory.setU16(at + 24, HANGUP);
    }
    at += EVENT_SIZE;
  }
  memory.setU32(usedAt, (at - eventsAt) / EVENT_SIZE);
  return Errno.success;
}

/** Waits for `milliseconds`, which may be infinite, or until `other` settles. Leaves no timer behind. */
async function sleepOr(
  milliseconds: number,
  other: Promise<void> | undefined,
): Promise<void> {
  if (milliseconds === Infinity && other !== undefined) return await other;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(
      resolve,
      Math.min(Math.max(Math.ceil(milliseconds), 0), MAX_TIMEOUT),
    );
  });
  try {
    await (other === undefined ? slept : Promise.race([slept, other]));
  } finally {
    clearTimeout(timer);
  }
}
