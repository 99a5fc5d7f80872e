/**
 * A lock file, so that two `start`s of one pod do not make two daemons, and none finds a daemon that is just leaving.
 * Whoever holds the lock may remove the file; so whoever gets a lock looks whether it is still on the file of that name.
 */

/** A held lock; closing it gives it back. */
export interface Lock {
  /** Removes the file, for when nothing is left to guard. */
  remove(): void;
  release(): void;
}

/** Waits for the lock at `path`, blocking: for `start`, which has nothing else to do. */
export function lockSync(path: string): Lock {
  for (;;) {
    const file = openLock(path);
    file.lockSync(true);
    if (isCurrent(file, path)) return held(file, path);
    file.close();
  }
}

/** Waits for the lock at `path`. */
export async function lock(path: string): Promise<Lock> {
  for (;;) {
    const file = openLock(path);
    await file.lock(true);
    if (isCurrent(file, path)) return held(file, path);
    file.close();
  }
}

/** The lock file of a socket. */
export function lockPath(socket: string): string {
  return `${socket}.lock`;
}

function openLock(path: string): Deno.FsFile {
  return Deno.openSync(path, { write: true, create: true, mode: 0o600 });
}

function isCurrent(file: Deno.FsFile, path: string): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch {
    return false;
  }
}

function held(file: Deno.FsFile, path: string): Lock {
  return {
    remove() {
      try {
        Deno.removeSync(path);
      } catch {
        // Gone already: what was wanted.
      }
    },
    release: () => file.close(),
  };
}
