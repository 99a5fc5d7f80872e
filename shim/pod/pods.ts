/** The pods a daemon serves. One by default (`group.ts`); nothing here counts on that. */
import type { Spec } from "../bundle.ts";
import type { Log } from "../log.ts";
import { podPaths, type Scope } from "../paths.ts";
import { Pod } from "./pod.ts";

interface Entry {
  pod: Promise<Pod>;
  /** Containers that are there or being made; with the last one the pod goes. */
  members: Set<string>;
}

export class Pods {
  readonly #scope: Scope;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(scope: Scope, log: Log) {
    this.#scope = scope;
    this.#log = log;
  }

  /**
   * The pod of that name, made of `spec` if it is new; a new one's host starts at once.
   * @throws what stops it from being made. The next call tries again.
   */
  open(id: string, spec: Spec): Promise<Pod> {
    return this.#entry(id, spec).pod;
  }

  /** The same for a container that will be in it; the caller owes a `leave`, also where this fails. */
  join(id: string, spec: Spec, container: string): Promise<Pod> {
    const entry = this.#entry(id, spec);
    entry.members.add(container);
    return entry.pod;
  }

  /** A container is gone. After the last one all the pod had is taken away. */
  async leave(id: string, container: string): Promise<void> {
    const entry = this.#entries.get(id);
    entry?.members.delete(container);
    if (entry?.members.size === 0) await this.#close(id, entry);
  }

  /** Ends every pod. */
  async closeAll(): Promise<void> {
    await Promise.all(
      [...this.#entries].map(([id, entry]) => this.#close(id, entry)),
    );
    await Promise.all(this.#closing.values());
  }

  #entry(id: string, spec: Spec): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const entry = { pod: this.#make(id, spec), members: new Set<string>() };
    this.#entries.set(id, entry);
    entry.pod.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
    });
    return entry;
  }

  /** From here on the name is free for a new pod, which waits until this one is gone. */
  async #close(id: string, entry: Entry): Promise<void> {
    this.#entries.delete(id);
    const closing = entry.pod.then((pod) => pod.close(), () => {});
    this.#closing.set(id, closing);
    await closing;
    if (this.#closing.get(id) === closing) this.#closing.delete(id);
  }

  async #make(id: string, spec: Spec): Promise<Pod> {
    const paths = podPaths(this.#scope, id);
    await this.#closing.get(id);
    const pod = await Pod.open(id, paths, spec, this.#log);
    try {
      pod.warm();
    } catch (error) {
      await pod.close();
      throw error;
    }
    return pod;
  }
}
