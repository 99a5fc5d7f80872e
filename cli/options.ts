/** Reads the options of a command as its table says them: `--tag REF`, `--tag=REF`, `-o FILE`. */
import { didYouMean } from "../runtime/settings/problems.ts";
import type { Option } from "./table.ts";
import { UsageError } from "./usage.ts";

export interface Options {
  /** Values by flag (`--tag`), in the order given. */
  values: ReadonlyMap<string, readonly string[]>;
  /** What is no flag, in order. */
  rest: readonly string[];
}

/** @throws {UsageError} an unknown flag, one without its value, or one twice that may stand once. */
export function readOptions(
  args: readonly string[],
  options: readonly Option[],
): Options {
  const known = new Map(options.map((o) => [o.flag.split(" ")[0] ?? "", o]));
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      continue;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const option = known.get(flag);
    if (option === undefined) {
      const names = [...known.keys()];
      throw new UsageError(
        `found option ${flag}${didYouMean(flag, names)}, expected one of ${
          names.join(", ")
        }`,
      );
    }
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined) {
      throw new UsageError(
        `${flag}: found no value after it, expected ${option.flag}`,
      );
    }
    const before = values.get(flag) ?? [];
    if (before.length > 0 && !option.many) {
      throw new UsageError(`${flag}: found twice, expected once`);
    }
    values.set(flag, [...before, value]);
  }
  return { values, rest };
}
