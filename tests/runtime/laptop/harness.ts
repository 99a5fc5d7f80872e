/** A host of the laptop kind inside the test, with ports of its own and the demo pair as text guests. */
import { type RunningHost, startLaptop } from "../../../runtime/host/laptop.ts";
import { assemble } from "../../e2e/harness/guests.ts";
import { inFolder, ROOT } from "../../cli/run.ts";

export interface Demo {
  host: RunningHost;
  /** The functions' stderr so far: their log lines and ours about them. */
  log(): string;
  /** The log as soon as it matches: a line may come after the answer it is about. */
  logged(pattern: RegExp): Promise<string>;
  /** Status and body of a request. */
  ask(path: string, init?: RequestInit): Promise<[number, string]>;
  /** Puts texts into `state_demo`. */
  put(values: Record<string, string>): Promise<void>;
}

export interface DemoOptions {
  functions?: Record<string, unknown>;
  state?: unknown;
  settings?: Record<string, unknown>;
  clusters?: Record<string, unknown>;
  chain?: unknown;
  /** More modules beside `f1.wasm` and `f2.wasm`, by file name. */
  modules?: Record<string, Uint8Array>;
  /** Called with the log before requests are taken. */
  fill?(log: string): Promise<void>;
}

/** Runs `test` against a host with functions id_1 (`f1.wasm`) and id_2 (`f2.wasm`) unless told otherwise. */
export function withDemo(
  options: DemoOptions,
  test: (demo: Demo) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    for (const name of ["f1", "f2"]) {
      const text = `${ROOT}tests/testdata/trace_${name}.wat`;
      const module = await assemble(await Deno.readTextFile(text));
      await Deno.writeFile(`${folder}/${name}.wasm`, module);
    }
    for (const [name, module] of Object.entries(options.modules ?? {})) {
      await Deno.writeFile(`${folder}/${name}`, module);
    }
    const config = {
      functions: options.functions ?? { f1: "f1.wasm", f2: "f2.wasm" },
      state: { state_demo: options.state ?? "in-memory" },
      settings: options.settings ?? {},
      chain: options.chain,
      clusters: options.clusters ?? {},
    };
    let log = "";
    const waiting = new Set<() => void>();
    const line = (bytes: Uint8Array) => {
      log += new TextDecoder().decode(bytes);
      for (const look of waiting) look();
    };
    const logged = (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        const look = () => {
          if (!pattern.test(log)) return;
          waiting.delete(look);
          resolve(log);
        };
        waiting.add(look);
        look();
      });
    const host = await startLaptop({
      sink: {
        output: (_key, stream, bytes) => {
          if (stream === 2) line(bytes);
          return Promise.resolve();
        },
        line: (_key, bytes) => line(bytes),
      },
      config: { path: `${folder}/config.json`, text: JSON.stringify(config) },
      flags: {
        "http-address": "127.0.0.1",
        "http-port": "0",
        "admin-port": "0",
        "actuator-port": "0",
        "actuator-address": "127.0.0.1",
        data: `${folder}/data`,
      },
      env: {},
      fill: () => options.fill?.(log) ?? Promise.resolve(),
    });
    try {
      await test({
        host,
        log: () => log,
        logged,
        ask: asker(host),
        put: putter(host),
      });
    } finally {
      await host.stop();
    }
  });
}

function asker({ summary }: RunningHost): Demo["ask"] {
  return async (path, init) => {
    const url = `http://127.0.0.1:${summary.httpPort}${path}`;
    const response = await fetch(url, init);
    return [response.status, await response.text()];
  };
}

function putter({ stores }: RunningHost): Demo["put"] {
  return async (values) => {
    const { store, storedKey } = await stores.get("state_demo");
    for (const [key, value] of Object.entries(values)) {
      await store.set(storedKey(key), new TextEncoder().encode(value));
    }
  };
}
