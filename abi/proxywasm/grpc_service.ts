/**
 * How a gRPC call names its upstream: by a cluster's name, or by a serialized `envoy.config.core.v3.GrpcService` whose
 * field 1 (`envoy_grpc`) has the cluster's name as its field 1 (ABI.md §4.7).
 */
import { decodeText } from "../text.ts";

const LENGTH_DELIMITED = 2;

/** The cluster in a serialized GrpcService; undefined where the bytes are none, or name another kind of service. */
export function clusterOfGrpcService(bytes: Uint8Array): string | undefined {
  const service = fieldOne(bytes);
  const name = service && fieldOne(service);
  return name && decodeText(name, 0, name.length);
}

/** Field 1 of a message, the last one given; undefined where there is none or the bytes are no message. */
function fieldOne(bytes: Uint8Array): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at);
    if (tag === undefined) return undefined;
    at = tag.next;
    const field = Math.floor(tag.value / 8);
    switch (tag.value % 8) {
      case 0: {
        const skipped = varint(bytes, at);
        if (skipped === undefined) return undefined;
        at = skipped.next;
        break;
      }
      case 1:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = varint(bytes, at);
        if (length === undefined) return undefined;
        const end = length.next + length.value;
        if (end > bytes.length) return undefined;
        if (field === 1) found = bytes.subarray(length.next, end);
        at = end;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return undefined;
    }
    if (field === 0 || at > bytes.length) return undefined;
  }
  return found;
}

/** A number of at most 32 bits, which tags and lengths are. */
function varint(
  bytes: Uint8Array,
  at: number,
): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    if (i < 5) value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return undefined;
}
