/**
 * Publishes events, one at a time and in order: containerd handles requests side by side, so the next one waits for the
 * answer to the last. A containerd that restarts is dialled again; what cannot be delivered is dropped in the end.
 */
import { sleep, within } from "../../proto/after.ts";
import { EVENTS } from "../../proto/containerd/names.ts";
import { ForwardRequest } from "../../proto/gen/containerd/forward.ts";
import { Empty } from "../../proto/gen/google/protobuf/empty.ts";
import { Client, ClosedError, TtrpcError } from "../../proto/ttrpc/mod.ts";
import type { Log } from "../log.ts";
import { type EventName, type EventOf, forwardRequest } from "./messages.ts";

/** Events that wait at most; the oldest goes when one more comes. */
const MAX_QUEUE = 2048;
/** How often an event is tried. */
const MAX_TRIES = 5;
/** Milliseconds one try may take. */
const CALL_MS = 5000;
/** Milliseconds before the second try; each further one waits as much longer. */
const RETRY_MS = 1000;

const FORWARD = {
  service: EVENTS,
  method: "Forward",
  request: ForwardRequest,
  response: Empty,
};

interface Queued {
  name: string;
  request: ForwardRequest;
}

export class Publisher {
  readonly #address: string;
  readonly #namespace: string;
  readonly #log: Log;
  readonly #queue: Queued[] = [];
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param address path of containerd's ttrpc socket. */
  constructor(address: string, namespace: string, log: Log) {
    this.#address = address.replace(/^unix:\/\//, "");
    this.#namespace = namespace;
    this.#log = log;
  }

  /** Queues an event. Never waits, never fails. */
  publish<N extends EventName>(
    name: N,
    event: EventOf<N>,
    at = Date.now(),
  ): void {
    if (this.#queue.length >= MAX_QUEUE) {
      const lost = this.#queue.splice(1, 1)[0];
      this.#log.warn("event dropped: too many wait", { event: lost?.name });
    }
    this.#queue.push({
      name,
      request: forwardRequest(this.#namespace, name, event, at),
    });
    this.#running ??= this.#run();
  }

  /** Resolves when everything queued is delivered or dropped, or `timeoutMs` is over. */
  async flushed(timeoutMs: number): Promise<void> {
    if (this.#running === undefined) return;
    await within(timeoutMs, this.#running);
  }

  /** Drops what is queued and closes the connection. */
  close(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#client?.close();
  }

  async #run(): Promise<void> {
    // One turn later, so that an event never runs ahead of what the caller still does in this one.
    await Promise.resolve();
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      await this.#deliver(next);
      if (this.#queue[0] === next) this.#queue.shift();
    }
    this.#running = undefined;
  }

  async #deliver(event: Queued): Promise<void> {
    for (let tries = 1; !this.#stopped; tries++) {
      try {
        return await this.#forward(event);
      } catch (error) {
        if (!passes(error) || tries === MAX_TRIES) {
          this.#log.warn("event dropped", {
            event: event.name,
            error: (error as Error).message,
          });
          return;
        }
        // A connection that containerd closed while nobody used it is only noticed now: the first retry is at once.
        if (tries > 1 || !(error instanceof ClosedError)) {
          await sleep(RETRY_MS * tries);
        }
      }
    }
  }

  async #forward({ request }: Queued): Promise<void> {
    const client = this.#client ??= await this.#connect();
    await client.call(FORWARD, request, { timeoutMs: CALL_MS });
  }

  async #connect(): Promise<Client> {
    const client = await Client.connect(this.#address);
    client.closed.then(() => {
      if (this.#client === client) this.#client = undefined;
    });
    return client;
  }
}

/** Whether another try can do better: containerd is away or slow, rather than of another opinion. */
function passes(error: unknown): boolean {
  const DEADLINE_EXCEEDED = 4;
  const UNAVAILABLE = 14;
  return !(error instanceof TtrpcError) || error.code === DEADLINE_EXCEEDED ||
    error.code === UNAVAILABLE;
}
