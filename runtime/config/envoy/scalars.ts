/** Values with a form of their own in protobuf's JSON. */
import { isObject } from "../check.ts";

/** The longest duration protobuf has: 10,000 years, in seconds. */
const MAX_SECONDS = 315_576_000_000;

/** Seconds and nanoseconds of a duration (`"1.5s"`, or an object of both); undefined where it is none. */
export function splitDuration(
  value: unknown,
): { seconds: number; nanos: number } | undefined {
  if (isObject(value)) {
    const { seconds = 0, nanos = 0, ...rest } = value;
    const isWhole = Number.isInteger(seconds) && Number.isInteger(nanos);
    if (!isWhole || Object.keys(rest).length > 0) return undefined;
    return { seconds: Number(seconds), nanos: Number(nanos) };
  }
  if (typeof value !== "string") return undefined;
  const parts = /^(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s$/.exec(value);
  if (parts === null) return undefined;
  const [, sign, whole, fraction = ""] = parts;
  const seconds = Number(whole);
  const nanos = Number(fraction.padEnd(9, "0"));
  if (seconds > MAX_SECONDS) return undefined;
  return sign === "-"
    ? { seconds: 0 - seconds, nanos: 0 - nanos }
    : { seconds, nanos };
}

/** Milliseconds of a duration of 0 or more; undefined where it is none. */
export function readDuration(value: unknown): number | undefined {
  const read = splitDuration(value);
  if (read === undefined || read.seconds < 0 || read.nanos < 0) {
    return undefined;
  }
  return read.seconds * 1000 + read.nanos / 1e6;
}

/** The bytes of a base64 text, of either alphabet, padded or not; undefined where it is none. */
export function readBase64(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return Uint8Array.fromBase64(
      value.replaceAll("-", "+").replaceAll("_", "/"),
    );
  } catch {
    return undefined;
  }
}

/** Whether `text` is an IP address as Envoy takes it for one. */
export function isIp(text: string): boolean {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text)) {
    return true;
  }
  if (!text.includes(":") || !/^[0-9a-fA-F:.]+$/.test(text)) return false;
  try {
    new URL(`http://[${text}]/`);
    return true;
  } catch {
    return false;
  }
}
