/** Every setting with its value and where that came from, as `layotto start` would take them. */
import type { HostConfig } from "../../runtime/config/config.ts";
import { isEnvoyText } from "../../runtime/config/envoy/detect.ts";
import { loadConfig, readBounded } from "../../runtime/config/load.ts";
import { parseFlags } from "../../runtime/settings/flags.ts";
import { environmentLayer, flagLayer } from "../../runtime/settings/layers.ts";
import {
  describeOrigin,
  type Origin,
  type Resolved,
  resolveFunction,
  resolveHost,
} from "../../runtime/settings/resolve.ts";
import { UsageError } from "../usage.ts";
import { columns } from "./columns.ts";

/**
 * The text that `inspect --config [FILE]` prints.
 * @param at where `--config` stands in `args`; what else is there are flags as `start` takes them.
 * @throws {ConfigError} a setting or a file that is wrong.
 */
export async function describeSettings(
  args: readonly string[],
  at: number,
): Promise<string> {
  const { flags, file } = split(args, at);
  const outside = [flagLayer(flags), environmentLayer(Deno.env.toObject())];
  const named = file ?? outside[1]?.values.get("config") as string | undefined;
  const text = named === undefined ? undefined : await readBounded(named);
  if (named !== undefined && text !== undefined && isEnvoyText(text)) {
    const { describeEnvoy } = await import("./envoy.ts");
    return await describeEnvoy(named, text);
  }
  const config = named === undefined ? undefined : await loadConfig(named);
  const host = resolveHost([...outside, config?.settings]);
  const parts = ["Host:", rows(host)];
  for (const fn of config?.functions ?? []) {
    const of = resolveFunction([...outside, fn.settings, config?.settings]);
    parts.push("", `Function ${fn.name}, ${fn.path}:`, rows(of));
  }
  if (config === undefined) {
    parts.push("", "Every function:", rows(resolveFunction(outside)));
  } else parts.push(...describeStores(config));
  return parts.join("\n");
}

/** The file after `--config`, if any, and the flags around it. */
function split(
  args: readonly string[],
  at: number,
): { flags: Record<string, string>; file: string | undefined } {
  const flag = args[at] ?? "";
  const next = args[at + 1];
  const equals = flag.indexOf("=");
  const isNext = equals < 0 && next !== undefined && !next.startsWith("-");
  const file = equals >= 0 ? flag.slice(equals + 1) : isNext ? next : undefined;
  const others = args.toSpliced(at, isNext ? 2 : 1);
  const { settings, rest } = parseFlags(others);
  if (rest.length > 0) {
    throw new UsageError(
      `found ${JSON.stringify(rest[0])}, expected flags beside --config`,
    );
  }
  return {
    flags: file === undefined ? settings : { ...settings, config: file },
    file,
  };
}

function rows<T extends object>(resolved: Resolved<T>): string {
  const origins = resolved.origins as Record<string, Origin>;
  return columns(
    Object.entries(resolved.values).map(([name, value]) => {
      const origin = origins[name];
      return [
        `  ${name}`,
        value === "" ? "unset" : String(value),
        origin === undefined ? "" : describeOrigin(origin),
      ];
    }),
  );
}

function describeStores(config: HostConfig): string[] {
  const stores = Object.entries(config.state);
  if (stores.length === 0) return [];
  return [
    "",
    "State stores:",
    columns(
      stores.map(([name, { type, place }]) => [`  ${name}`, type, place]),
    ),
  ];
}
