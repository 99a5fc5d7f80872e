/** Reads one setting's value out of a text (flag, environment, annotation) or a JSON value (file). */
import { type Level, LEVELS } from "../log.ts";
import { readAuthorities, readUpstream } from "../upstream/names.ts";
import { show } from "./problems.ts";
import type { Setting } from "./table.ts";

/** A value, or what is wrong with it: `found …, expected …`. */
export type Read =
  | { ok: true; value: string | number }
  | { ok: false; problem: string };

const UNITS: Record<string, Record<string, number>> = {
  bytes: {
    "": 1,
    Ki: 1024,
    KiB: 1024,
    Mi: 1024 ** 2,
    MiB: 1024 ** 2,
    Gi: 1024 ** 3,
    GiB: 1024 ** 3,
  },
  duration: { "": 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
  integer: { "": 1 },
  port: { "": 1 },
};

/** @returns the value of `setting` that `found` says, checked against the setting's type and bounds. */
export function readValue(setting: Setting, found: unknown): Read {
  const value = setting.type in UNITS
    ? readNumber(setting, found)
    : readText(setting, found);
  return value === undefined
    ? {
      ok: false,
      problem: `found ${show(found)}, expected ${expectation(setting)}`,
    }
    : { ok: true, value };
}

/** What a value must look like, in words: `a whole number from 1 to 1000`. */
export function expectation(setting: Setting): string {
  const { min, max } = bounds(setting);
  switch (setting.type) {
    case "port":
      return "a port, 0 to 65535";
    case "integer":
      return `a whole number from ${min} to ${max}`;
    case "bytes":
      return `a size from ${min} to ${
        formatBytes(max)
      }: bytes, or a number with Ki, Mi or Gi`;
    case "duration":
      return `a duration from ${min} to ${max} ms: milliseconds, or a number with ms, s, m or h`;
    case "choice":
      return `one of ${
        setting.choices?.map((c) => JSON.stringify(c)).join(", ")
      }`;
    case "level":
      return `one of ${LEVELS.map((l) => JSON.stringify(l)).join(", ")}`;
    case "address":
      return "an IP address or host name, without a port";
    case "path":
      return "a path";
    case "text":
      return `a text of at most ${max} characters`;
    case "upstream":
      return "http://host:port, https://host:port, tcp://host:port or a cluster's name";
    case "authorities":
      return "host:port or http(s)://host:port, several with commas between";
  }
}

/** A size as people write it: `16Mi`, or plain bytes where it is no round number. */
export function formatBytes(bytes: number): string {
  for (const unit of ["Gi", "Mi", "Ki"]) {
    const size = UNITS.bytes?.[unit] ?? 1;
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function bounds(setting: Setting): { min: number; max: number } {
  return {
    min: setting.min ?? 0,
    max: setting.max ?? (setting.type === "port" ? 65535 : 1024),
  };
}

function readNumber(setting: Setting, found: unknown): number | undefined {
  let value: number;
  if (typeof found === "number") value = found;
  else if (typeof found === "string") {
    const match = /^([0-9]{1,15})([A-Za-z]*)$/.exec(found.trim());
    const units = UNITS[setting.type];
    const unit = match?.[2] ?? "";
    if (!match || !units || !Object.hasOwn(units, unit)) return undefined;
    value = Number(match[1]) * (units[unit] ?? 1);
  } else return undefined;
  const { min, max } = bounds(setting);
  return Number.isInteger(value) && value >= min && value <= max
    ? value
    : undefined;
}

function readText(setting: Setting, found: unknown): string | undefined {
  if (
    setting.name.endsWith("-configuration") && typeof found === "object" &&
    found !== null
  ) found = JSON.stringify(found);
  if (typeof found !== "string") return undefined;
  if (found.length > bounds(setting).max) return undefined;
  switch (setting.type) {
    case "choice":
      return setting.choices?.includes(found) ? found : undefined;
    case "level":
      return isLevel(found) ? found : undefined;
    case "address":
      return isAddress(found) ? found : undefined;
    case "path":
      return found !== "" && !found.includes("\0") ? found : undefined;
    case "upstream":
      return found === "" || readUpstream(found) ? found : undefined;
    case "authorities":
      return readAuthorities(found) ? found : undefined;
    default:
      return found;
  }
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

/** A host name, an IPv4 address, or an IPv6 address without brackets; whether it exists is the listener's to find. */
function isAddress(text: string): boolean {
  if (!text.includes(":")) {
    return /^[0-9A-Za-z][0-9A-Za-z.-]{0,252}$/.test(text);
  }
  const address = text.replace(/%[0-9A-Za-z]{1,15}$/, "");
  return /^[0-9A-Fa-f:.]{2,45}$/.test(address) &&
    URL.canParse(`http://[${address}]`);
}
