/** Files of Envoy's shape for the tests of this folder. */
import assert from "node:assert/strict";
import type {
  EnvoyOptions,
  FileAccess,
} from "../../../../runtime/config/envoy/context.ts";
import { parseEnvoy } from "../../../../runtime/config/envoy/mod.ts";
import type { EnvoyConfig } from "../../../../runtime/config/envoy/model.ts";
import { ConfigError } from "../../../../runtime/settings/problems.ts";

export type Json = Record<string, unknown>;

/** Files that are there for the files of the tests. */
const CONTENTS: Record<string, string> = {
  "/current/plugin.wasm": "module",
  "/body.txt": "from a file",
};

const files: FileAccess = {
  read(path, limit) {
    const text = CONTENTS[path];
    if (text === undefined) throw new Error(`there is no file ${path}`);
    if (text.length > limit) throw new Error(`found too many bytes in ${path}`);
    return new TextEncoder().encode(text);
  },
  problem: (path) =>
    CONTENTS[path] === undefined ? `there is no file ${path}` : undefined,
};

/** What files of the tests find around them. */
export const OPTIONS: EnvoyOptions = {
  file: "e.yaml",
  cwd: "/current",
  env: { HOME: "/root", EMPTY: "" },
  files,
};

/** Reads a text, or a value as JSON. */
export function read(file: unknown): Promise<EnvoyConfig> {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return parseEnvoy(text, OPTIONS);
}

/** A file of `tests/testdata/envoy`. */
export function readTestFile(name: string): Promise<EnvoyConfig> {
  const url = new URL(`../../../testdata/envoy/${name}`, import.meta.url);
  return read(Deno.readTextFileSync(url));
}

/** The problems that reading gives, without the file's name. */
export async function problemsOf(file: unknown): Promise<readonly string[]> {
  try {
    await read(file);
  } catch (error) {
    assert(error instanceof ConfigError, `${error}`);
    return error.problems.map((problem) => problem.replace("e.yaml: ", ""));
  }
  assert.fail("expected a ConfigError");
}

export const URL_OF = "type.googleapis.com/";

/** A typed message. */
export function any(type: string, fields: Json = {}): Json {
  return { "@type": URL_OF + type, ...fields };
}

export const ADDRESS = {
  socket_address: { address: "127.0.0.1", port_value: 80 },
};

export const ROUTER = {
  name: "router",
  typed_config: any("envoy.extensions.filters.http.router.v3.Router"),
};

/** A plugin's configuration with its code in a file. */
export function plugin(more: Json = {}, vm: Json = {}): Json {
  return {
    vm_config: { code: { local: { filename: "plugin.wasm" } }, ...vm },
    ...more,
  };
}

export function wasm(config: unknown): Json {
  const type = "envoy.extensions.filters.http.wasm.v3.Wasm";
  return { name: "w", typed_config: any(type, { config }) };
}

/** A connection manager; `more` replaces its fields. */
export function manager(more: Json = {}): Json {
  return any(
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: "s",
      route_config: { virtual_hosts: [] },
      http_filters: [ROUTER],
      ...more,
    },
  );
}

/** A file with one listener of these network filters. */
export function listening(filters: unknown, listener: Json = {}): Json {
  return {
    static_resources: {
      listeners: [{
        address: ADDRESS,
        filter_chains: [{ filters }],
        ...listener,
      }],
      clusters: [{ name: "c" }],
    },
  };
}

/** A file with one HTTP listener. */
export function http(more: Json = {}): Json {
  return listening([{ name: "h", typed_config: manager(more) }]);
}

/** A file whose HTTP listener has one virtual host with this route. */
export function routing(route: Json, host: Json = {}): Json {
  const virtual = { name: "v", domains: ["*"], routes: [route], ...host };
  return http({ route_config: { virtual_hosts: [virtual] } });
}

/** Where the connection manager of these files is. */
export const AT =
  "static_resources.listeners[0].filter_chains[0].filters[0].typed_config";
