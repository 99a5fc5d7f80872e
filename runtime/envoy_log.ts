/**
 * Log lines as Envoy writes a plugin's (`[time][thread][level][wasm] [place] wasm log name root vm: message`), and the flags
 * that ask for them: `--component-log-level wasm:info`, `-l info`. Read off Envoy 1.40.
 */
import { ConfigError, didYouMean, list, show } from "./settings/problems.ts";
import { type Level, LEVELS, MAX_MESSAGE } from "./log.ts";

/** The level's name, and the line of Envoy's source that writes it; people's tools look for these. */
const LEVEL_NAMES: Readonly<
  Record<Level, readonly [name: string, line: number]>
> = {
  trace: ["trace", 1145],
  debug: ["debug", 1148],
  info: ["info", 1151],
  warn: ["warning", 1154],
  error: ["error", 1157],
  critical: ["critical", 1160],
};

export interface PluginLine {
  readonly level: Level;
  readonly message: string;
  /** The plugin's name where a stream's context logs; a root context's lines are without it. */
  readonly pluginName?: string;
  readonly rootId: string;
  readonly vmId: string;
}

/**
 * One line, newline included.
 * @param thread the number in the second brackets: the process's id.
 * @param time local time is written, as Envoy does.
 */
export function envoyLogLine(
  { level, message, pluginName = "", rootId, vmId }: PluginLine,
  thread: number,
  time: Date = new Date(),
): string {
  const [name, line] = LEVEL_NAMES[level];
  const prefix = [pluginName, rootId, vmId].filter((part) => part !== "")
    .map((part) => ` ${part}`).join("");
  return `[${localTime(time)}][${thread}][${name}][wasm] ` +
    `[source/extensions/common/wasm/context.cc:${line}] ` +
    `wasm log${plain(prefix)}: ${plain(message)}\n`;
}

/** Controls, and what reorders or hides text; Envoy writes them as they come, and a guest could forge lines. */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu;

function plain(text: string): string {
  const more = text.length - MAX_MESSAGE;
  const cut = more > 0
    ? `${text.slice(0, MAX_MESSAGE)}… (${more} more characters)`
    : text;
  return cut.replace(
    UNSAFE,
    (c) =>
      c === "\n"
        ? "\\n"
        : c === "\r"
        ? "\\r"
        : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function localTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${
    two(time.getDate())
  }`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map(two).join(":");
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** What the flags ask for; `off` writes nothing. */
export interface EnvoyLogFlags {
  /** Least level of plugins' lines: the component `wasm`'s, else that of all. */
  readonly plugins: Level | "off";
}

/** Levels as Envoy takes them on its command line. */
const BY_NAME: Readonly<Record<string, Level | "off">> = {
  ...Object.fromEntries(LEVELS.map((level) => [level, level])),
  warning: "warn",
  off: "off",
};

/**
 * Reads the values of `--log-level` (all components) and `--component-log-level` (`wasm:debug,http:info`), as far as they
 * were given.
 * @throws {ConfigError}
 */
export function readLogFlags(
  { level, components }: { level?: string; components?: string },
): EnvoyLogFlags {
  const problems: string[] = [];
  const read = (flag: string, name: string): Level | "off" => {
    const found = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
    if (found === undefined) {
      const names = Object.keys(BY_NAME);
      problems.push(
        `${flag}: found level ${show(name)}${
          didYouMean(name, names)
        }, expected one of ${list(names)}`,
      );
    }
    return found ?? "info";
  };
  let plugins = level === undefined ? "info" : read("--log-level", level);
  for (const part of components?.split(",") ?? []) {
    const [, component, name] = /^([a-z0-9_]+):(.*)$/.exec(part) ?? [];
    if (component === undefined || name === undefined) {
      problems.push(
        `--component-log-level: found ${
          show(part)
        }, expected component:level, e.g. wasm:debug`,
      );
      continue;
    }
    const found = read("--component-log-level", name);
    if (component === "wasm") plugins = found;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { plugins };
}
