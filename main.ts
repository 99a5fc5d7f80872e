/**
 * Picks the face of this program from its arguments, and nothing else: containerd's shim, the host, or the command
 * line. Each face is imported only when it is wanted, since `start` decides how long a pod waits.
 *
 * The arguments alone decide. The name cannot: `/proc/self/exe` of a compiled program hides the link it was called by,
 * so `layotto start` and a shim's `start` would look alike. containerd always puts flags of Go's style in front of the
 * action (SHIM.md §1.2); the command line always begins with a word, `--help` or `-h`.
 */

/** Flags containerd gives a shim, and those a person asks it for its version with. */
const SHIM_FLAGS = new Set([
  "namespace",
  "id",
  "address",
  "publish-binary",
  "bundle",
  "socket",
  "debug",
  "info",
  "v",
  "version",
]);

function pickFace(args: readonly string[]): "shim" | "host" | "cli" {
  const first = args[0] ?? "";
  if (first === "daemon" || first === "prime") return "shim";
  if (first === "host") return "host";
  if (!first.startsWith("-")) return "cli";
  // Any of them: a later containerd may put a flag in front that is not known here.
  const isShim = args.some((arg) =>
    SHIM_FLAGS.has(/^--?([^=]+)/.exec(arg)?.[1] ?? "")
  );
  return isShim ? "shim" : "cli";
}

switch (pickFace(Deno.args)) {
  case "shim": {
    const { runShim } = await import("./shim/mod.ts");
    await runShim(Deno.args);
    break;
  }
  case "host": {
    const { bootHost } = await import("./runtime/host/boot.ts");
    await bootHost(Deno.args[1]);
    break;
  }
  case "cli": {
    const { runCli } = await import("./cli/mod.ts");
    Deno.exit(await runCli(Deno.args));
  }
}
