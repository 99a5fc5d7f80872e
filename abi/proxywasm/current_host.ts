/** The host as a VM sees it when several plugins live in it: that of the plugin whose context is current. */
import type { GuestCalls, GuestFiles, GuestHost, LogLevel } from "../host.ts";
import type { Context } from "./contexts.ts";

export class CurrentHost implements GuestHost {
  readonly #vm: { current: Context | undefined };
  readonly #first: GuestHost;

  /** `first` is asked while no context is current. */
  constructor(vm: { current: Context | undefined }, first: GuestHost) {
    this.#vm = vm;
    this.#first = first;
  }

  get #host(): GuestHost {
    return this.#vm.current?.root.host ?? this.#first;
  }

  get files(): GuestFiles | undefined {
    return this.#host.files;
  }
  get calls(): GuestCalls | undefined {
    return this.#host.calls;
  }
  log(level: LogLevel, message: string): void {
    const { current } = this.#vm;
    this.#host.log(level, message, current !== current?.root);
  }
  logLevel(): LogLevel {
    return this.#host.logLevel();
  }
  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    return this.#host.write(stream, bytes);
  }
  read(max: number): Promise<Uint8Array> {
    return this.#host.read(max);
  }
  getState(store: string, key: string): Promise<Uint8Array> {
    return this.#host.getState(store, key);
  }
  invokeService(
    id: string,
    method: string,
    param: Uint8Array,
  ): Promise<Uint8Array> {
    const from = this.#vm.current?.http?.request;
    return this.#host.invokeService(id, method, param, from);
  }
}
