/** A real host process with the shim's side of the control protocol on its pipes. */
import {
  type ContainerSpec,
  HostClient,
  type Key,
  type PodSpec,
  selfCommand,
} from "../../../runtime/mod.ts";

export interface TestHost {
  client: HostClient;
  process: Deno.ChildProcess;
  /** Output of a container so far, as text. */
  output(key: Key, stream: 1 | 2): string;
  /** Resolves when it has ended and all that it wrote was read. */
  closed: Promise<void>;
  /** How a container ended; waits for it. */
  exit(key: Key): Promise<{ status: number; reason: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function keyOf(container: string, pod = "p1"): Key {
  return { pod, container, exec: "" };
}

export function podSpec(annotations: Record<string, string> = {}): PodSpec {
  return { data: "", nodeConfig: "", annotations };
}

export function containerSpec(
  name: string,
  more: Partial<ContainerSpec> = {},
): ContainerSpec {
  return {
    name,
    args: [`/${name}.wasm`],
    env: [],
    cwd: "/",
    annotations: {},
    tree: "",
    stdin: false,
    ...more,
  };
}

/** Annotations that give a pod ports of its own on loopback. */
export function ports(http: number): Record<string, string> {
  return {
    "http-address": "127.0.0.1",
    "http-port": String(http),
    "admin-port": "0",
    "actuator-port": "0",
  };
}

/** A port nobody listens on now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** @param guess where its function will probably listen, `host:port`. */
export async function startHost(guess?: string): Promise<TestHost> {
  const { path, args } = selfCommand(
    guess === undefined ? ["host"] : ["host", guess],
  );
  const process = new Deno.Command(path, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const texts = new Map<string, string>();
  const exits = new Map<
    string,
    PromiseWithResolvers<{ status: number; reason: string }>
  >();
  const closed = Promise.withResolvers<void>();
  const exitOf = (key: Key) => {
    const name = JSON.stringify(key);
    let entry = exits.get(name);
    if (!entry) exits.set(name, entry = Promise.withResolvers());
    return entry;
  };
  const client = new HostClient(
    { readable: process.stdout, writable: process.stdin },
    {
      output(key, stream, bytes) {
        const name = JSON.stringify([key, stream]);
        texts.set(
          name,
          (texts.get(name) ?? "") + new TextDecoder().decode(bytes),
        );
      },
      exited: (key, status, _at, reason) =>
        exitOf(key).resolve({ status, reason }),
      closed: () => closed.resolve(),
    },
  );
  await client.hello();
  return {
    client,
    process,
    output: (key, stream) => texts.get(JSON.stringify([key, stream])) ?? "",
    exit: (key) => exitOf(key).promise,
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      client.close();
      await process.status;
    },
  };
}
