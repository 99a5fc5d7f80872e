/**
 * SHA-256 (FIPS 180-4) of short texts. WebCrypto has it too, but loading that costs `start` 1.6 MB and a thread, and
 * its answer a turn of the event loop; here it names a socket and a folder.
 */

/** Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const [ROUND, START] = constants();

/** The digest of `text` in UTF-8, as 64 hex digits. */
export function sha256(text: string): string {
  const state = START.slice();
  const blocks = pad(new TextEncoder().encode(text));
  for (let at = 0; at < blocks.byteLength; at += 64) {
    compress(state, new DataView(blocks.buffer, at, 64));
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0"))
    .join("");
}

/** The message, a one bit, zeros, and the message's length in bits as the last 8 of a multiple of 64 bytes. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  blocks.set(message);
  blocks[message.length] = 0x80;
  new DataView(blocks.buffer).setBigUint64(
    blocks.length - 8,
    BigInt(message.length) * 8n,
  );
  return blocks;
}

function compress(state: Uint32Array, block: DataView): void {
  const w = new Uint32Array(64);
  const word = (at: number) => w[at] ?? 0;
  for (let t = 0; t < 16; t++) w[t] = block.getUint32(t * 4);
  for (let t = 16; t < 64; t++) {
    const x = word(t - 15);
    const y = word(t - 2);
    w[t] = word(t - 16) + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) +
      word(t - 7) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
      ((e & f) ^ (~e & g)) + (ROUND[t] ?? 0) + word(t);
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
      ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [
      g,
      f,
      e,
      (d + one) | 0,
      c,
      b,
      a,
      (one + two) | 0,
    ];
  }
  [a, b, c, d, e, f, g, h].forEach((value, at) => {
    state[at] = (state[at] ?? 0) + value;
  });
}

/** Rotates 32 bits to the right. */
function turn(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function constants(): [Uint32Array, Uint32Array] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  const fraction = (root: number) => Math.floor((root % 1) * 2 ** 32);
  return [
    Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  ];
}
