/** What the builder asks of a language. */

export interface Toolchain {
  /** Language, and name of its folder beside this one's. */
  name: string;
  /** Guests it builds. */
  guests: readonly string[];
  /** Debian packages of `tools/packages.ts` that it wants. */
  packages: readonly string[];
  /** Programs on PATH that it wants, which the machine has to have. */
  programs: readonly string[];
  /** Builds `guest` out of `folder` to the file `output`; `scratch` is an empty folder that is removed afterwards. */
  build(guest: string, paths: Paths): Promise<void>;
}

export interface Paths {
  folder: string;
  output: string;
  scratch: string;
}

/** Runs a tool to its end. @throws with everything it printed if it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    ...options,
  }).output();
  if (success) return;
  const text = new TextDecoder();
  throw new Error(
    `${program} ${args.join(" ")} failed:\n${text.decode(stdout)}${
      text.decode(stderr)
    }`,
  );
}

/** Whether a program is on PATH. */
export function onPath(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
