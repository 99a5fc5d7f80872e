/**
 * Self-extracting files for tests: the real launcher and the real deno around a small program, so that what the
 * launcher does is all that is looked at.
 */
import { join } from "node:path";
import { writeSelfExtracting } from "../../tools/packaging/self_extracting.ts";

/** Prints what it was given, then ends with the status in its first argument. */
export const ECHO = `
const stdin = await new Response(Deno.stdin.readable).text();
const commandLine = Deno.readTextFileSync("/proc/self/cmdline").split("\\0");
const env = { DENO_DIR: Deno.env.get("DENO_DIR"), KEEP: Deno.env.get("KEEP") };
console.log(JSON.stringify({ args: Deno.args, stdin, commandLine, env, execPath: Deno.execPath() }));
Deno.exit(Number(Deno.args[0] ?? 0));
`;

export interface Said {
  args: string[];
  stdin: string;
  commandLine: string[];
  env: Record<string, string>;
  execPath: string;
}

/** Writes `folder/name`, which extracts to `folder/home` when root runs it, and gives its path and digest. */
export async function packed(
  folder: string,
  name = "program",
  main = ECHO,
): Promise<{ path: string; home: string; digest: string }> {
  const bundles = await Deno.makeTempDir({ dir: folder });
  await Deno.writeTextFile(join(bundles, "main.js"), main);
  const path = join(folder, name);
  const home = join(folder, "home/bin");
  const deno = Deno.execPath();
  const digest = await writeSelfExtracting({
    deno,
    bundles,
    home,
    output: path,
  });
  await Deno.remove(bundles, { recursive: true });
  return { path, home, digest };
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with exactly `env` and a PATH. */
export async function run(
  path: string,
  args: readonly string[] = [],
  options: {
    env?: Record<string, string>;
    uid?: number;
    stdin?: string;
  } = {},
): Promise<Output> {
  const { env, uid, stdin } = options;
  const child = new Deno.Command(path, {
    args: [...args],
    cwd: "/",
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const output = await child.output();
  const text = new TextDecoder();
  return {
    code: output.code,
    stdout: text.decode(output.stdout),
    stderr: text.decode(output.stderr),
  };
}

/** Names in a folder, sorted. */
export function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}
