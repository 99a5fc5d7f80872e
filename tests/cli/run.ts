/** Runs the command line from its sources, as a user would. */
import { CODE_FLAGS } from "../../runtime/self.ts";

export const ROOT = decodeURIComponent(
  new URL("../../", import.meta.url).pathname,
);

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** `layotto ARGS`; the environment is this test's without settings, and with `env`. */
export async function layotto(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Output> {
  const { code, stdout, stderr } = await command(args, options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The command itself, its outputs piped. */
export function command(
  args: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    stdin?: "piped" | "null";
  } = {},
): Deno.Command {
  const env = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !name.startsWith("LAYOTTO_")
    ),
  );
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...CODE_FLAGS, `${ROOT}main.ts`, ...args],
    cwd: options.cwd ?? ROOT,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1", ...options.env },
    stdin: options.stdin ?? "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs `test` with a folder of its own, gone afterwards. */
export async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "layotto-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
