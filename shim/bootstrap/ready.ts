/** What a daemon writes to its stdout once it listens; `start` waits for it. */
export const READY = "ready\n";
