/**
 * Host calls that need the world (DESIGN, decision 3). They come from function isolates, which have no permission of
 * their own, and run here in the host's main isolate.
 */
import { FILE_CALLS, type FileCall } from "../../abi/host.ts";
import type { HostFunction } from "../function/function.ts";
import type { CallOp } from "../isolate/messages.ts";
import type { StateComponent } from "../components/state/registry.ts";
import type { StateStores } from "../components/state/stores.ts";
import { FunctionFiles } from "./files.ts";

/** Calls function `id` for another one. @throws {Error} saying why there is no answer. */
export type Invoke = (
  id: string,
  method: string,
  param: Uint8Array,
  chain: string[],
) => Promise<Uint8Array>;

const NONE = new Uint8Array(0);

export class Broker {
  readonly #stores: StateStores;
  readonly #invoke: Invoke;
  readonly #files = new Map<HostFunction, FunctionFiles>();

  constructor(stores: StateStores, invoke: Invoke) {
    this.#stores = stores;
    this.#invoke = invoke;
  }

  /**
   * One host call of `fn`; its arguments are those of `abi/host.ts`. The answer or a promise of it.
   * @throws what the guest's log shall say; a promise rejects with it.
   */
  call(
    fn: HostFunction,
    op: CallOp,
    args: readonly unknown[],
  ): unknown {
    switch (op) {
      case "state.get":
        return this.#getState(String(args[0]), String(args[1]));
      case "invoke":
        return this.#invoke(
          String(args[0]),
          String(args[1]),
          args[2] as Uint8Array,
          args[3] as string[],
        );
      case "invoke.failed":
        return Promise.reject(new Error(String(args[0])));
      default:
        return this.#file(this.#filesOf(fn), op, args);
    }
  }

  /** Lets go of what a function that ended still held. */
  forget(fn: HostFunction): void {
    this.#files.get(fn)?.closeAll();
    this.#files.delete(fn);
  }

  #getState(
    name: string,
    key: string,
  ): Uint8Array | Promise<Uint8Array> {
    const read = ({ store, storedKey }: StateComponent) =>
      store.get(storedKey(key));
    const component = this.#stores.opened(name);
    const found = component
      ? read(component)
      : this.#stores.get(name).then(read);
    return found instanceof Promise
      ? found.then((value) => value ?? NONE)
      : found ?? NONE;
  }

  #filesOf(fn: HostFunction): FunctionFiles {
    let files = this.#files.get(fn);
    if (!files) {
      this.#files.set(
        fn,
        files = new FunctionFiles(fn.spec.preopens, fn.roots),
      );
    }
    return files;
  }

  async #file(
    files: FunctionFiles,
    op: `file.${FileCall}`,
    args: readonly unknown[],
  ): Promise<unknown> {
    const name = op.slice("file.".length);
    if (!isFileCall(name)) throw new Error(`unknown call ${op}`);
    // Whatever the arguments are, only bytes and numbers get as far as the kernel.
    const call = files[name] as (...args: unknown[]) => Promise<unknown>;
    return await call.apply(files, [...args]);
  }
}

const NAMES: ReadonlySet<string> = new Set(FILE_CALLS);

function isFileCall(name: string): name is FileCall {
  return NAMES.has(name);
}
