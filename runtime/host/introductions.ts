/**
 * Who invokes whom directly: after its first call of a function an isolate gets ports to that function's isolates, and
 * from then on two threads are woken for a call and not four.
 */
import type { HostFunction } from "../function/function.ts";
import type { Isolate } from "../isolate/isolate.ts";

export class Introductions {
  readonly #find: (id: string) => HostFunction | undefined;
  readonly #callers = new Map<HostFunction, Set<Isolate>>();

  /** `find` knows the function that an id reaches now. */
  constructor(find: (id: string) => HostFunction | undefined) {
    this.#find = find;
  }

  /** Lets `caller` reach the function of that id by itself, if there is one. */
  introduce(caller: Isolate, id: string): void {
    const target = this.#find(id);
    if (!target || !caller.alive) return;
    let callers = this.#callers.get(target);
    if (!callers) this.#callers.set(target, callers = new Set());
    if (callers.has(caller)) return;
    for (const other of callers) if (!other.alive) callers.delete(other);
    callers.add(caller);
    const ports = target.isolate.members.map((member) => {
      const { port1, port2 } = new MessageChannel();
      member.admit(target.fn, port2);
      return port1;
    });
    caller.meet({ fn: target.fn, id, bodyLimit: target.spec.bodyLimit }, ports);
  }

  /** No more direct calls of that function. @returns when those under way are over; it may take as long as they may. */
  async forget(target: HostFunction): Promise<void> {
    const callers = [...this.#callers.get(target) ?? []];
    // A caller that ended waits for nothing.
    await Promise.all(
      callers.map((caller) => caller.forget(target.fn).catch(() => {})),
    );
  }

  /** After `forget`: nobody is left to be told of that function. */
  drop(target: HostFunction): void {
    this.#callers.delete(target);
  }

  /** The function's isolates ended: nobody need wait for them. */
  lost(target: HostFunction, reason: string): void {
    for (const caller of this.#callers.get(target) ?? []) {
      caller.lost(target.fn, reason);
    }
    this.drop(target);
  }
}
