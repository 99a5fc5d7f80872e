/** An input in pieces, whose sizes are its own bytes, so that the same input is always cut alike. */
export function* cut(input: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  for (let i = input.length - 1; at < input.length; i--) {
    const size = 1 + (input[i] ?? 0) % 13;
    yield input.slice(at, at + size);
    at += size;
  }
}
