/** Adler-32, the checksum of a zlib stream (RFC 1950, section 8.2). */

const MODULUS = 65_521;
/** Bytes that can be added before the sums could leave 32 bits. */
const RUN = 5552;

export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + RUN, bytes.length);
    while (at < end) {
      a += bytes[at++]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b << 16 | a) >>> 0;
}
