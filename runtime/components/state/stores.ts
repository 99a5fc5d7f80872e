/** The state stores of one pod, each opened when it is first used. */
import type { StoreConfig } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { openState, type StateComponent } from "./registry.ts";
import { StoreError } from "./store.ts";

export class StateStores {
  readonly #configs: Readonly<Record<string, StoreConfig>>;
  readonly #options: { data: string; appId: string; log: Logger };
  readonly #open = new Map<string, Promise<StateComponent>>();
  /** Those of them that are open by now. */
  readonly #opened = new Map<string, StateComponent>();

  constructor(
    configs: Readonly<Record<string, StoreConfig>>,
    options: { data: string; appId: string; log: Logger },
  ) {
    this.#configs = configs;
    this.#options = options;
  }

  get names(): string[] {
    return Object.keys(this.#configs);
  }

  /** The store if it is open already. */
  opened(name: string): StateComponent | undefined {
    return this.#opened.get(name);
  }

  /** @throws {StoreError} no such store, or it cannot be opened now; a later call tries again. */
  get(name: string): Promise<StateComponent> {
    let opening = this.#open.get(name);
    if (!opening) {
      const config = Object.hasOwn(this.#configs, name)
        ? this.#configs[name]
        : undefined;
      if (!config) {
        const known = this.names.join(", ") || "none";
        return Promise.reject(
          new StoreError(
            `state store ${name} is not found: known are ${known}`,
          ),
        );
      }
      opening = openState(name, config, this.#options);
      this.#open.set(name, opening);
      opening.then(
        (component) => {
          // They may have been closed meanwhile.
          if (this.#open.get(name) !== opening) return;
          this.#opened.set(name, component);
        },
        () => this.#open.delete(name),
      );
    }
    return opening;
  }

  /** Why each store that is in use does not answer; undefined when it does. */
  async health(): Promise<[name: string, problem: string | undefined][]> {
    return await Promise.all(
      [...this.#open].map(
        async ([name, opening]): Promise<[string, string | undefined]> => {
          try {
            return [name, await (await opening).store.health()];
          } catch (error) {
            return [name, (error as Error).message];
          }
        },
      ),
    );
  }

  async close(): Promise<void> {
    const opened = [...this.#open.values()];
    this.#open.clear();
    this.#opened.clear();
    await Promise.all(
      opened.map(async (opening) =>
        (await opening.catch(() => undefined))?.store.close()
      ),
    );
  }
}
