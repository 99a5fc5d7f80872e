/** The shim's face: what it was called for, each part loaded only when it is wanted (`start` decides pod latency). */
import { parseFlags } from "./flags.ts";

const USAGE = "usage: containerd-shim-layotto-v2 [-v] [-info] " +
  "[-namespace NS -address PATH -id ID [-bundle DIR]] start | delete";

/**
 * Does what `args` ask for. An error ends the process with status 1 and its message on stderr, where containerd finds
 * it (SHIM.md §1.5).
 * @param args the command line without the program's name.
 */
export async function runShim(args: readonly string[]): Promise<void> {
  try {
    if (args[0] === "prime") {
      const { prime } = await import("./prime.ts");
      return await prime();
    }
    const daemon = args[0] === "daemon";
    const flags = parseFlags(daemon ? args.slice(1) : args);
    if (daemon && flags.action === "start") {
      const { startAndStay } = await import("./bootstrap/stay.ts");
      await startAndStay(flags);
    } else if (daemon) {
      const { runDaemon } = await import("./server.ts");
      await runDaemon(flags);
    } else if (flags.version) {
      const { printVersion } = await import("./bootstrap/info.ts");
      printVersion();
    } else if (flags.info) {
      const { printInfo } = await import("./bootstrap/info.ts");
      printInfo();
    } else if (flags.action === "start") {
      const { start } = await import("./bootstrap/start.ts");
      await start(flags);
    } else if (flags.action === "delete") {
      const { deleteTask } = await import("./bootstrap/delete.ts");
      await deleteTask(flags);
    } else throw new TypeError(USAGE);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
    Deno.exit(1);
  }
}
