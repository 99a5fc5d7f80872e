/** From a function's id to the function, and what to answer where there is none. */
import type { HostFunction } from "../function/function.ts";
import type { WireResponse } from "../isolate/messages.ts";
import { errorAnswer } from "./answers.ts";

export class Router {
  readonly #byId = new Map<string, HostFunction>();

  /** Ids that can be reached, in the order they came. */
  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The pod's only function, where it has just one. */
  get only(): HostFunction | undefined {
    return this.#byId.size === 1 ? this.#byId.values().next().value : undefined;
  }

  find(id: string): HostFunction | undefined {
    return this.#byId.get(id);
  }

  add(fn: HostFunction): void {
    this.#byId.set(fn.id, fn);
  }

  remove(fn: HostFunction): void {
    if (this.#byId.get(fn.id) === fn) this.#byId.delete(fn.id);
  }

  /** The function a request is for, or our answer: no id among several 400, unknown id 404, nothing runs 503. */
  resolve(id: string | undefined): HostFunction | WireResponse {
    if (this.#byId.size === 0) return errorAnswer(503, "no function runs here");
    if (!id) {
      return this.only ??
        errorAnswer(
          400,
          `no id: several functions run here, name one in the header id: ${this.#known()}`,
        );
    }
    return this.#byId.get(id) ??
      errorAnswer(
        404,
        `no function has the id ${shown(id)}: known are ${this.#known()}`,
      );
  }

  /** At most a few ids, so that an answer stays one short line. */
  #known(): string {
    const ids = this.ids;
    const shownIds = ids.slice(0, 10).join(", ");
    return ids.length > 10
      ? `${shownIds} and ${ids.length - 10} more`
      : shownIds;
  }
}

function shown(id: string): string {
  return JSON.stringify(id.length > 64 ? `${id.slice(0, 64)}…` : id);
}
