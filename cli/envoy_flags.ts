/** Flags that Envoy has and no setting: `--component-log-level wasm:info`, `-l info`. */
import { UsageError } from "./usage.ts";

export interface EnvoyFlags {
  readonly components?: string;
  /** Of `-l`; `--log-level` is a setting of the same meaning. */
  readonly level?: string;
  /** What is left for the settings. */
  readonly rest: readonly string[];
}

const FLAGS = { "--component-log-level": "components", "-l": "level" } as const;

/** @throws {UsageError} a flag without its value, or one twice. */
export function splitEnvoyFlags(args: readonly string[]): EnvoyFlags {
  const found: { components?: string; level?: string } = {};
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(i));
      break;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    if (!isFlag(flag)) {
      rest.push(arg);
      continue;
    }
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined) {
      throw new UsageError(`${flag}: found no value after it`);
    }
    if (found[FLAGS[flag]] !== undefined) {
      throw new UsageError(`${flag}: found twice, expected once`);
    }
    found[FLAGS[flag]] = value;
  }
  return { ...found, rest };
}

function isFlag(text: string): text is keyof typeof FLAGS {
  return Object.hasOwn(FLAGS, text);
}

/** @throws {UsageError} where one of them was given though the file is not one of Envoy's. */
export function refuseEnvoyFlags({ components, level }: EnvoyFlags): void {
  const flag = components !== undefined
    ? "--component-log-level"
    : level !== undefined
    ? "-l"
    : undefined;
  if (flag === undefined) return;
  throw new UsageError(
    `${flag}: found it without a file of Envoy's shape (with static_resources or bootstrap_extensions), expected --log-level`,
  );
}
