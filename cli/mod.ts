/** The command line: finds the command in the table, runs it, and turns what fails into a message and a status. */
import { commandHelp, overview } from "./help.ts";
import { type Command, COMMANDS } from "./table.ts";
import { UsageError } from "./usage.ts";

/** Exit statuses: all is well, it failed, it was asked wrongly. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/**
 * Runs one command.
 * @param args the program's arguments, command first.
 * @returns the exit status: 0, 1 when it failed, 2 when it was asked wrongly; either has been told on stderr.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const found = find(args);
  if (found === undefined) return without(args);
  const { command, rest } = found;
  if (rest.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(await commandHelp(command));
    return OK;
  }
  try {
    const run = await command.load();
    return await run(rest);
  } catch (error) {
    return tell(command, error);
  }
}

/** The command whose words `args` begin with, and what follows them. */
function find(
  args: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    if (words.every((word, i) => args[i] === word)) {
      return { command, rest: args.slice(words.length) };
    }
  }
  return undefined;
}

/** Help that was asked for goes to stdout; everything else is an error. */
function without(args: readonly string[]): number {
  const first = args[0];
  if (first === "help" || first === "--help" || first === "-h") {
    console.log(overview());
    return OK;
  }
  const names = COMMANDS.map((command) => command.name).join(", ");
  const asked = args.slice(0, 2).join(" ");
  console.error(
    first === undefined
      ? overview()
      : `layotto: found command ${JSON.stringify(asked)}, expected ${names}; ` +
        `see layotto --help`,
  );
  return USAGE;
}

function tell(command: Command, error: unknown): number {
  if (error instanceof UsageError) {
    console.error(
      `layotto ${command.name}: ${error.message}\n` +
        `usage: layotto ${command.name} ${command.usage}`.trimEnd(),
    );
    return USAGE;
  }
  // By name, since its class belongs to rooms that are loaded only when they are needed.
  const isConfig = error instanceof Error && error.name === "ConfigError";
  const text = error instanceof Error ? error.message : String(error);
  for (const line of text.split("\n")) {
    console.error(`layotto ${command.name}: ${line}`);
  }
  return isConfig ? USAGE : FAILED;
}
