/** Messages of all streams between two isolates: what is said of many in one turn crosses the port at once. */
import { appended } from "../../proto/appended.ts";
import {
  type StreamMessage,
  type StreamMessages,
  transfers,
} from "./upstream_messages.ts";

const NONE: StreamMessage[] = [];

export class StreamPost {
  readonly #post: (
    message: StreamMessage | StreamMessages,
    transfer: ArrayBuffer[],
  ) => void;
  #messages = NONE;

  constructor(
    post: (
      message: StreamMessage | StreamMessages,
      transfer: ArrayBuffer[],
    ) => void,
  ) {
    this.#post = post;
  }

  /** Sends it when this turn is over. */
  send(message: StreamMessage): void {
    // Streams say what they have at the end of a turn too: behind what is asked for first, all of them have by then.
    if (this.#messages.length === 0) queueMicrotask(this.#flush);
    this.#messages = appended(this.#messages, message);
  }

  readonly #flush = (): void => {
    const all = this.#messages;
    this.#messages = NONE;
    if (all.length === 1) return this.#post(all[0]!, transfers(all[0]!));
    this.#post({ t: "streams", all }, all.flatMap(transfers));
  };
}
