/** Tests that want root: they mount, make namespaces and cgroups. Elsewhere they are skipped under a name that says so. */

/** Whether this process may do what the tests do. */
export const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;

/** Registers a test for root. */
export function rootTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({
    name: isRoot ? name : `${name} [skipped: wants root on Linux]`,
    ignore: !isRoot,
    fn,
  });
}

/** A temporary folder that is removed after `fn`. */
export async function inFolder(
  fn: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "shim-" });
  // Below it, hosts of another user must find their way.
  await Deno.chmod(folder, 0o755);
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a program that must succeed. @returns what it printed. */
export async function run(path: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(path, { args })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${path} ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}
