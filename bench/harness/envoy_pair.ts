/** The same `envoy.yaml` under a real Envoy with one worker and under `layotto start -c`. */
import { envoyProgram } from "../../tests/envoy/envoy.ts";
import { freePort } from "./ask.ts";
import type { Bench } from "./bench.ts";
import { Server } from "./server.ts";

/** A listener with at most one plugin in front of an answer. */
export interface Setup {
  /** The module; absent: no plugin. */
  plugin?: string;
  configuration?: string;
  /** Port of the service behind it on loopback; absent: the route itself answers `hello`. */
  upstream?: number;
}

const TYPE = "type.googleapis.com/";
const FILTERS = `${TYPE}envoy.extensions.filters`;

export async function startEnvoy(bench: Bench, setup: Setup): Promise<Server> {
  const port = freePort();
  const file = await write(bench, bootstrap(port, setup));
  return await Server.startOn(port, [
    await envoyProgram(),
    ...["-c", file, "--concurrency", "1", "--use-dynamic-base-id"],
    ...["-l", "warning", "--component-log-level", "wasm:warning"],
  ]);
}

export async function startOurs(bench: Bench, setup: Setup): Promise<Server> {
  const port = freePort();
  const file = await write(bench, bootstrap(port, setup));
  return await Server.startOn(port, [
    bench.layotto,
    ...["start", "-c", file, "--data", `${bench.folder}/data`],
    ...["-l", "warning", "--component-log-level", "wasm:warning"],
  ]);
}

async function write(bench: Bench, text: string): Promise<string> {
  const file = `${bench.folder}/${crypto.randomUUID()}.json`;
  await Deno.writeTextFile(file, text);
  return file;
}

function bootstrap(port: number, setup: Setup): string {
  const { upstream } = setup;
  return JSON.stringify({
    static_resources: {
      listeners: [{
        name: "http",
        address: address(port),
        filter_chains: [{
          filters: [{ name: "http", typed_config: manager(setup) }],
        }],
      }],
      clusters: upstream === undefined ? [] : [{
        name: "upstream",
        type: "STATIC",
        load_assignment: {
          cluster_name: "upstream",
          endpoints: [{
            lb_endpoints: [{ endpoint: { address: address(upstream) } }],
          }],
        },
      }],
    },
  });
}

function manager({ plugin, configuration = "", upstream }: Setup) {
  const action = upstream === undefined
    ? { direct_response: { status: 200, body: { inline_string: "hello" } } }
    : { route: { cluster: "upstream" } };
  const text = {
    "@type": `${TYPE}google.protobuf.StringValue`,
    value: configuration,
  };
  const config = {
    name: "plugin",
    configuration: text,
    vm_config: {
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: plugin } },
    },
  };
  const wasm = {
    name: "wasm",
    typed_config: { "@type": `${FILTERS}.http.wasm.v3.Wasm`, config },
  };
  return {
    "@type":
      `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    route_config: {
      name: "routes",
      virtual_hosts: [{
        name: "host",
        domains: ["*"],
        routes: [{ match: { prefix: "/" }, ...action }],
      }],
    },
    http_filters: [
      ...plugin === undefined ? [] : [wasm],
      {
        name: "router",
        typed_config: { "@type": `${FILTERS}.http.router.v3.Router` },
      },
    ],
  };
}

function address(port: number) {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
