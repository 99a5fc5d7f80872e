/** State stores by type. Each is loaded when a configuration first uses it. */
import type { StoreConfig } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { keyMapper } from "./keys.ts";
import type { StateStore } from "./store.ts";

/** What a store may need of the host. */
export interface StoreContext {
  /** The component's name, e.g. `state_demo`. */
  name: string;
  /** Folder for kept data; created when something is first kept. */
  data: string;
  log: Logger;
}

/** A store in use. */
export interface StateComponent {
  readonly name: string;
  readonly config: StoreConfig;
  readonly store: StateStore;
  /**
   * The key under which the store has a guest's `key`.
   * @throws {StoreError} a key that holds the separator.
   */
  storedKey(key: string): string;
}

/**
 * Opens the store that `config` describes.
 * A server that does not answer now is no error: the store reports it (`health`, log) and recovers by itself.
 * @throws {StoreError} the embedded file is damaged, locked, or of a newer version.
 */
export async function openState(
  name: string,
  config: StoreConfig,
  options: { data: string; appId: string; log: Logger },
): Promise<StateComponent> {
  const storedKey = keyMapper(name, config.metadata.keyPrefix, options.appId);
  const context = {
    name,
    data: options.data,
    log: options.log.with({ store: name }),
  };
  return {
    name,
    config,
    store: await open(config, context),
    storedKey,
  };
}

async function open(
  config: StoreConfig,
  context: StoreContext,
): Promise<StateStore> {
  switch (config.type) {
    case "in-memory":
      return (await import("./memory.ts")).openMemory(context);
    case "sqlite":
      return await (await import("./sqlite.ts")).openSqlite(context);
    case "redis":
      return await (await import("./redis.ts")).openRedis(config, context);
  }
}
