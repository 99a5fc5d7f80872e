/** This host behind the same file as Envoy, inside the test. */
import { parseEnvoy } from "../../runtime/config/envoy/mod.ts";
import { readLogFlags } from "../../runtime/envoy_log.ts";
import { startEnvoy } from "../../runtime/host/envoy/start.ts";
import { bootstrap, type Place } from "./bootstrap.ts";
import type { Case } from "./case.ts";
import type { Proxy } from "./envoy.ts";

/** Starts the host with a listener for each case. */
export async function startOurs(
  cases: readonly Case[],
  place: Place,
): Promise<Proxy> {
  const folder = await Deno.makeTempDir({ prefix: "layotto-envoy" });
  const config = await parseEnvoy(bootstrap(cases, place), {
    file: "envoy.yaml",
    cwd: folder,
    env: {},
    files: {
      read: (path) => Deno.readFileSync(path),
      problem: () => undefined,
    },
  });
  const lines: string[] = [];
  const heard = (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes);
    lines.push(...text.split("\n").filter((line) => line !== ""));
  };
  const host = await startEnvoy({
    config,
    path: "envoy.yaml",
    flags: { data: `${folder}/data` },
    env: {},
    log: readLogFlags({ components: "wasm:info" }),
    sink: {
      output: (_key, _stream, bytes) => Promise.resolve(heard(bytes)),
      line: (_key, bytes) => heard(bytes),
    },
  });
  return {
    port: (name) => host.listeners.find((one) => one.name === name)!.port,
    take: () => lines.splice(0),
    dead: false,
    async stop() {
      await host.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
