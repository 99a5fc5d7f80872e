/** How a root context ends: `proxy_on_done`, then `proxy_on_delete` (ABI.md §2.5), after the last of its exchanges. */
import type { Callbacks } from "./callbacks.ts";
import type { RootContext } from "./contexts.ts";
import type { Vm } from "./vm.ts";

export class RootEnds {
  readonly #vm: Vm;
  readonly #callbacks: Callbacks;
  /** Roots that are to end, with who waits for it. */
  readonly #ending = new Map<RootContext, () => void>();

  constructor(vm: Vm, callbacks: Callbacks) {
    this.#vm = vm;
    this.#callbacks = callbacks;
    vm.onDeleted = (context) => {
      if (context.root !== context) this.#begin(context.root);
    };
  }

  /**
   * Ends `root` once its exchanges are over. Resolves when it is deleted, or when its instance failed; so never while a
   * guest whose `proxy_on_done` answered 0 does not call `proxy_done`. Once for each root.
   */
  end(root: RootContext): Promise<void> {
    const vm = this.#vm;
    if (vm.queue.failure !== undefined || !vm.contexts.has(root.id)) {
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = { instanceFailed: () => resolve() };
    vm.queue.watch(watcher);
    this.#ending.set(root, () => {
      vm.queue.unwatch(watcher);
      resolve();
    });
    this.#begin(root);
    return promise;
  }

  /** A root whose `proxy_on_done` asked to wait goes after the callback that called `proxy_done`. */
  deleteIfDone(root: RootContext): void {
    if (root.closing && !root.pendingDone) this.#delete(root);
  }

  #begin(root: RootContext): void {
    const vm = this.#vm;
    if (!this.#ending.has(root) || root.closing || root.expected > 0) return;
    for (const context of vm.contexts.values()) {
      if (context !== root && context.root === root) return;
    }
    vm.queue.later(() => {
      if (root.closing) return;
      // Set before the call, so that `proxy_done` inside it is heard.
      root.pendingDone = root.closing = true;
      const { proxy_on_done } = this.#callbacks;
      const answered = (answer: number) => {
        if (answer !== 0) root.pendingDone = false;
        this.deleteIfDone(root);
      };
      if (proxy_on_done === undefined) return answered(1);
      vm.queue.call(
        "proxy_on_done",
        root,
        proxy_on_done,
        root.id,
        0,
        0,
        { answered },
      );
    });
  }

  #delete(root: RootContext): void {
    const vm = this.#vm;
    const gone = () => {
      vm.delete(root);
      vm.calls.cancelAll(root);
      this.#ending.get(root)?.();
      this.#ending.delete(root);
    };
    const { proxy_on_delete } = this.#callbacks;
    if (proxy_on_delete === undefined) return gone();
    vm.queue.call(
      "proxy_on_delete",
      root,
      proxy_on_delete,
      root.id,
      0,
      0,
      { answered: gone },
    );
  }
}
