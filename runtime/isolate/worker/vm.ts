/**
 * A VM in proxy-wasm's sense: a module with its configuration, and the plugins that run in each of its instances.
 * Mostly one function; several where a configuration gives them one `vm_id` (ABI.md §2.3).
 */
import {
  inspectModule,
  PluginInstance,
  type RootContext,
} from "../../../abi/mod.ts";
import { type InstanceBudget, mapsOf } from "../budget.ts";
import { Attendant } from "./attendant.ts";
import { describe } from "./describe.ts";
import type { LocalFunction } from "./function.ts";
import { InstancePool, type Slot } from "./pool.ts";

const FULL =
  "this process holds as many WebAssembly memories as it may; raise vm.max_map_count, or lower the number of instances";

export class FunctionVm {
  readonly pool: InstancePool;
  readonly #module: WebAssembly.Module;
  readonly #budget: InstanceBudget;
  readonly #maps: number;
  readonly #functions: LocalFunction[] = [];

  /** `max`: instances it may grow to while others are suspended, as far as the process's `budget` goes. */
  constructor(
    module: WebAssembly.Module,
    max: number,
    budget: InstanceBudget,
  ) {
    this.#module = module;
    this.#budget = budget;
    this.#maps = mapsOf(inspectModule(module));
    this.pool = new InstancePool(() => this.#create(), max);
  }

  /** No function is left in it: another has to be made. */
  get closed(): boolean {
    return this.pool.closed;
  }

  /**
   * Starts `fn` in every instance; makes the first instances, if there are none yet.
   * @throws what the guest or its start-up failed with.
   */
  async join(fn: LocalFunction): Promise<void> {
    this.#functions.push(fn);
    try {
      for (const slot of this.pool.slots) await this.#add(slot, fn);
      await this.pool.fill(Math.max(fn.spec.instances, this.pool.size));
    } catch (error) {
      void this.leave(fn);
      throw error;
    }
  }

  /**
   * `fn` takes no more requests; with the last one the instances go. Resolves when its plugin has ended in all of them,
   * which it does after the last of its exchanges.
   */
  async leave(fn: LocalFunction): Promise<void> {
    const at = this.#functions.indexOf(fn);
    if (at >= 0) this.#functions.splice(at, 1);
    if (this.#functions.length === 0) return await this.pool.close();
    await Promise.all(this.pool.slots.map(async ({ instance, roots }) => {
      const root = roots.get(fn);
      roots.delete(fn);
      if (root !== undefined) await instance.end(root);
    }));
  }

  async #create(): Promise<Slot> {
    const [first, ...others] = this.#functions;
    if (first === undefined) throw new Error("the function is stopping");
    let memory: WebAssembly.Memory | undefined;
    let slot: Slot | undefined;
    let instantiated = false;
    const number = first.shared.nextInstance();
    const attendant = new Attendant(number);
    try {
      if (!this.#budget.take(this.#maps)) throw new Error(FULL);
      const instance = await PluginInstance.create(
        this.#module,
        first.newHost(),
        first.spec.plugin,
        {
          shared: first.share(number),
          onTickPeriod: (period, root) => attendant.timers.set(root, period),
          trace: first.trace,
          onInstantiated: (made) => {
            instantiated = true;
            memory = made.exports.memory as WebAssembly.Memory;
            this.#budget.returnWith(memory, this.#maps);
          },
          onRested: () => slot && this.pool.rested(slot),
          onFailed: (error) => {
            if (slot === undefined) return;
            first.flow.log(4, describe(error), true);
            this.pool.failed(slot);
          },
        },
      );
      first.named(instance.functionId);
      const roots: Slot["roots"] = new Map([[first, instance.root]]);
      const retire = async () => {
        // One that waits for `proxy_done` may call it in a tick.
        if (!instance.failed) {
          await Promise.all(
            [...roots.values()].map((root) => instance.end(root)),
          );
        }
        attendant.leave();
      };
      const made: Slot = { instance, memory, roots, retire };
      for (const fn of others) await this.#add(made, fn);
      slot = made;
      attendant.attach(instance);
      return slot;
    } catch (error) {
      const full = error instanceof Error && error.message === FULL;
      if (!instantiated && !full) this.#budget.giveBack(this.#maps);
      attendant.leave();
      first.flow.log(
        4,
        `an instance could not be started: ${describe(error)}`,
        true,
      );
      throw error;
    }
  }

  async #add(slot: Slot, fn: LocalFunction): Promise<void> {
    const root: RootContext = await slot.instance.addRoot(
      fn.newHost(),
      fn.spec.plugin,
    );
    slot.roots.set(fn, root);
  }
}
