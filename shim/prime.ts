/**
 * `prime`: runs once, from end to end, what the start of a pod runs. Deno keeps parsed and compiled code in its cache
 * folder, by the path a file lies at, and hosts may not write there: whoever extracts us fills it for them. A host that
 * finds nothing there takes 40 ms longer and 7 MB more.
 */
import { after } from "../proto/after.ts";
import {
  type ContainerSpec,
  guessAddress,
  HostClient,
  selfCommand,
  selfEnv,
} from "../runtime/mod.ts";

/** How long it may take: milliseconds. What is in the cache by then stays. */
const DEADLINE_MS = 20_000;

/** The least module that counts as a plugin: a memory and the marker `proxy_abi_version_0_2_0`, which does nothing. */
const GUEST = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // One type, () -> (); one function of it; one memory of a page.
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 36, 2],
  ...named("memory", 2),
  ...named("proxy_abi_version_0_2_0", 0),
  ...[10, 4, 1, 2, 0, 0x0b],
]);

/** An export's name, kind and index, which is 0. */
function named(name: string, kind: number): number[] {
  return [name.length, ...new TextEncoder().encode(name), kind, 0];
}

/** Fills the cache. Only its exit status says that it could not: nothing depends on it but time. */
export async function prime(): Promise<void> {
  after(DEADLINE_MS, () => Deno.exit(1));
  await Promise.all([
    import("./bootstrap/start.ts"),
    import("./bootstrap/stay.ts"),
    import("./bootstrap/delete.ts"),
    import("./bootstrap/lost.ts"),
    import("./server.ts"),
    import("./daemon.ts"),
    import("./task/mod.ts"),
    runHost(),
  ]);
  Deno.exit(0);
}

/** A host with one function, from its start to its first answer. */
async function runHost(): Promise<void> {
  const { port, annotations } = settings();
  const address = guessAddress([], annotations);
  const { path, args } = selfCommand(["host", address]);
  const child = new Deno.Command(path, {
    args,
    env: selfEnv(),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const host = new HostClient(
    { readable: child.stdout, writable: child.stdin },
    { output: () => {}, exited: () => {}, closed: () => {} },
  );
  await host.hello();
  const key = { pod: "prime", container: "prime", exec: "" };
  await host.openPod(key.pod, { data: "", nodeConfig: "", annotations });
  const spec: ContainerSpec = {
    name: key.container,
    args: ["/prime.wasm"],
    env: [],
    cwd: "/",
    annotations,
    tree: "",
    stdin: false,
  };
  await host.create(key, spec, GUEST);
  await host.start(key);
  await (await fetch(`http://127.0.0.1:${port}/`)).body?.cancel();
  host.close();
  await child.status;
}

/** Settings of a pod that nobody else meets. */
function settings() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const annotations = {
    "http-address": "127.0.0.1",
    "http-port": `${port}`,
    "admin-port": "0",
    "actuator-address": "127.0.0.1",
    "actuator-port": "0",
  };
  return { port, annotations };
}
