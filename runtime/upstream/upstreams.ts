/** A pod's way to the outside, whose code is loaded by the first who wants out: most functions never do. */
import type { HostFunction } from "../function/function.ts";
import type { StreamMessage } from "../isolate/upstream_messages.ts";
import type { Failed, UpstreamBroker } from "./broker.ts";
import type { ClusterConfig } from "./cluster_config.ts";

export class Upstreams {
  readonly #make: () => Promise<UpstreamBroker>;
  #loading: Promise<UpstreamBroker> | undefined;
  #broker: UpstreamBroker | undefined;

  /** @param clusters those of the configuration, common to all functions. */
  constructor(
    clusters: Readonly<Record<string, ClusterConfig>>,
    failed: Failed,
  ) {
    this.#make = async () => {
      const { UpstreamBroker } = await import("./broker.ts");
      return this.#broker = new UpstreamBroker(clusters, failed);
    };
  }

  /** Takes one message of a function's isolate; `send` is the way back. */
  take(
    fn: HostFunction,
    message: StreamMessage,
    send: (message: StreamMessage) => void,
  ): void {
    if (this.#broker) return this.#broker.take(fn, message, send);
    // What waits for the same promise goes on in the order in which it came.
    this.#loading ??= this.#make();
    this.#loading.then(
      (broker) => broker.take(fn, message, send),
      (error) => {
        this.#loading = undefined;
        if (!message.open) return;
        const reset =
          `what makes connections cannot be loaded: ${error.message}`;
        send({ t: "stream", fn: fn.fn, n: message.n, reset });
      },
    );
  }

  /** Resets what a function that ended has open, and closes connections of its own. */
  forget(fn: HostFunction): void {
    this.#loading?.then((broker) => broker.forget(fn), () => {});
  }

  close(): void {
    this.#loading?.then((broker) => broker.close(), () => {});
  }
}
