/** Bytes to compress, the same in every run, so that their compressed form can be told by its digest. */
import { randomSource } from "../shared/random.ts";

export function inputs(): Map<string, Uint8Array> {
  const encoder = new TextEncoder();
  const random = randomSource(11);
  const noise = (size: number) =>
    Uint8Array.from({ length: size }, () => random(256));
  const skewed = (size: number) =>
    Uint8Array.from(
      { length: size },
      () => random(1 + random(1 + random(256))),
    );
  const words = Array.from(
    { length: 400 },
    () =>
      String.fromCharCode(
        ...Array.from({ length: 2 + random(8) }, () => 97 + random(16)),
      ),
  );
  const text = (count: number) =>
    encoder.encode(
      Array.from({ length: count }, () => words[random(400)]).join(" "),
    );
  const twice = noise(30_000);
  return new Map<string, Uint8Array>([
    ["nothing", new Uint8Array(0)],
    ["one byte", encoder.encode("a")],
    ["a greeting", encoder.encode("hello world!")],
    ["one byte many times", new Uint8Array(300_000).fill(7)],
    ["two bytes many times", encoder.encode("ab".repeat(40_000))],
    ["noise", noise(100_000)],
    [
      "noise in pieces that come again",
      Uint8Array.from([...twice, ...twice, ...noise(10), ...twice]),
    ],
    ["skewed bytes", skewed(150_000)],
    ["few skewed bytes", skewed(40)],
    ["words", text(60_000)],
    ["some words", text(300)],
    ["two symbols", Uint8Array.from({ length: 70_000 }, () => random(2))],
  ]);
}
