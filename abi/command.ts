/** Runs a module that is no plugin, as a process: arguments, environment, streams, files, exit code. */
import type { GuestHost } from "./host.ts";
import { importsFor } from "./link.ts";
import { inspected, UnknownImportError } from "./module.ts";
import { type GuestFunction, promising } from "./suspend.ts";
import { guestTrap, ProcExit } from "./trap.ts";
import { reasonOf } from "./unwind.ts";
import { CommandState } from "./wasi/command_state.ts";

export interface CommandOptions {
  /** What the guest sees as its arguments, its own name first. */
  args: readonly string[];
  /** `KEY=value`. */
  env: readonly string[];
  /** The export to call instead of `_start`; it may have no parameters. */
  entry?: string;
  /** After instantiation, before the guest is entered through an export. */
  onInstantiated?(instance: WebAssembly.Instance): void;
}

/** A command that cannot be started for a reason other than a trap. */
export class CommandStartError extends Error {
  override name = "CommandStartError";
}

/**
 * Runs `_start` (or `entry`, after `_initialize` if there is one) to its end and gives the exit code: that of
 * `proc_exit`, cut to 8 bits, else 0.
 * @throws {UnknownImportError} it imports what nobody provides.
 * @throws {CommandStartError} it has no such function.
 * @throws {GuestTrap} it failed.
 */
export async function runCommand(
  module: WebAssembly.Module,
  host: GuestHost,
  options: CommandOptions,
): Promise<number> {
  const { info, links, missing } = inspected(module);
  if (missing.length > 0) throw new UnknownImportError(missing);
  const entry = options.entry ?? "_start";
  if (!info.functions.includes(entry)) {
    throw new CommandStartError(
      `the module exports no function ${entry}; it exports ${
        info.functions.slice(0, 20).join(", ") || "none"
      }`,
    );
  }
  const state = new CommandState(host, options.args, options.env);
  let running = "the start section";
  try {
    const instance = new WebAssembly.Instance(module, importsFor(links, state));
    const { exports } = instance;
    if (exports.memory instanceof WebAssembly.Memory) {
      state.memory.attach(exports.memory, undefined);
    }
    options.onInstantiated?.(instance);
    const first = entry !== "_start" && info.start === "_initialize"
      ? ["_initialize", entry]
      : [entry];
    for (const name of first) {
      running = name;
      const call = exports[name] as GuestFunction;
      if (call.length > 0) {
        throw new CommandStartError(
          `the function ${name} has ${call.length} parameters, expected none`,
        );
      }
      await promising(call)();
    }
  } catch (error) {
    if (
      error instanceof CommandStartError ||
      error instanceof WebAssembly.LinkError
    ) {
      throw error;
    }
    if (!(reasonOf(error) instanceof ProcExit)) throw guestTrap(running, error);
  } finally {
    await closeFiles(state);
  }
  return (state.exitCode ?? 0) & 0xff;
}

async function closeFiles({ host, descriptors }: CommandState): Promise<void> {
  for (const handle of descriptors.handles()) {
    // The command is over: nobody is left to tell of a failed close.
    await host.files?.close(handle).catch(() => {});
  }
}
