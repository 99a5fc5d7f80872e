/**
 * Runs a program to its end.
 * @throws {Error} when it fails, with the command and all it wrote to stderr.
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<void> {
  const { success, code, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said}`);
}
