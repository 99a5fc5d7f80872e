/** Settings on a command line: `--http-port 80`, `--http-port=80`, `-c file`. */
import { unknownSetting } from "./layers.ts";
import { ConfigError } from "./problems.ts";
import { type Setting, SETTINGS, SETTINGS_BY_NAME } from "./table.ts";

export interface ParsedFlags {
  /** For `flagLayer`. */
  settings: Record<string, string>;
  /** Switches found, of those the caller knows. */
  switches: Set<string>;
  /** What is no flag, in order; everything after `--` is here. */
  rest: string[];
}

/**
 * Splits `args` into settings, `switches` (flags without a value that the caller knows by name, e.g. `help`) and the rest.
 * @throws {ConfigError} an unknown flag, a value missing, a setting given twice.
 */
export function parseFlags(
  args: readonly string[],
  switches: readonly string[] = ["help"],
): ParsedFlags {
  const parsed: ParsedFlags = { settings: {}, switches: new Set(), rest: [] };
  const problems: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      parsed.rest.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      parsed.rest.push(arg);
      continue;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const name = settingOf(flag);
    if (switches.includes(name) && equals < 0) {
      parsed.switches.add(name);
      continue;
    }
    if (!SETTINGS_BY_NAME.has(name)) {
      problems.push(unknownSetting(flag, name));
      continue;
    }
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined) problems.push(`${flag}: found no value after it`);
    else if (Object.hasOwn(parsed.settings, name)) {
      problems.push(`${flag}: found twice, expected once`);
    } else parsed.settings[name] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return parsed;
}

function settingOf(flag: string): string {
  if (flag.startsWith("--")) return flag.slice(2);
  if (flag === "-h") return "help";
  const short = flag.slice(1);
  return SETTINGS.find((s: Setting) => s.short === short)?.name ?? short;
}
