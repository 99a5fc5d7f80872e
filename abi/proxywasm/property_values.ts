/** How values of properties are written (ABI.md §4.2). Text is given raw, as the byte string of its UTF-8. */
import type { Endpoint } from "../host.ts";
import { decodeByteString, encodeText } from "../text.ts";

/** A value: bytes, or text as a byte string. */
export type PropertyValue = Uint8Array | string;

export function text(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) {
      const bytes = encodeText(value);
      return decodeByteString(bytes, 0, bytes.length);
    }
  }
  return value;
}

/** A whole number, 8 bytes little endian. `scale` makes nanoseconds of other times. */
export function number(value: number, scale = 1n): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(
    0,
    BigInt(Math.trunc(value)) * scale,
    true,
  );
  return bytes;
}

/** A double, 8 bytes little endian. */
export function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

/** One byte. */
export function bool(value: boolean): Uint8Array {
  return new Uint8Array([value ? 1 : 0]);
}

/** `address:port`, IPv6 in brackets; undefined where the address is not known. */
export function address({ hostname, port }: Endpoint): string | undefined {
  if (hostname === undefined) return undefined;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
