/**
 * What passes between an instance and its host, one line for each call, in words a person reads:
 *
 *     proxy_on_request_headers(2, 6, 1)
 *       proxy_get_header_map_value(0, ":path") -> 0 "/shop"
 *       proxy_set_tick_period_milliseconds(100) -> 0
 *     proxy_on_request_headers -> 0
 *
 * Without a `trace` in the hooks nothing here is ever entered: calls are wrapped when an instance is linked.
 */
import type { GuestMemory } from "./memory.ts";
import { decodePairs } from "./proxywasm/pairs.ts";
import { SHAPES } from "./proxywasm/shapes.ts";
import type { GuestFunction, HostFunction } from "./suspend.ts";

/** Characters of a text or of a list that a line shows. */
const SHOWN = 256;

type Any = (...args: unknown[]) => unknown;

/** Writes the lines of one instance. */
export class Tracer {
  constructor(
    readonly memory: GuestMemory,
    readonly line: (text: string) => void,
  ) {}

  /** `call`, which the guest imports as `name`, with a line each time. */
  hostCall(name: string, call: HostFunction): HostFunction {
    return (...args: unknown[]) => {
      // Decoded before the call: a result may be put where an argument was.
      const shape = SHAPES[name] ?? "";
      const given = this.#given(shape, args);
      const done = (answer: unknown) => {
        const results = answer === 0 ? this.#results(shape, args) : "";
        const status = answer === undefined ? "" : ` -> ${answer}${results}`;
        this.line(`  ${name}(${given})${status}`);
        return answer;
      };
      const failed = (error: unknown) => {
        this.line(`  ${name}(${given}) threw ${(error as Error).message}`);
        throw error;
      };
      let answer: unknown;
      try {
        answer = (call as Any)(...args);
      } catch (error) {
        return failed(error);
      }
      return answer instanceof Promise
        ? answer.then(done, failed)
        : done(answer);
    };
  }

  /** `call` of `arity` parameters, which the host enters as `name`, with a line before it and one after its result. */
  callback(name: string, arity: number, call: GuestFunction): GuestFunction {
    return (...args: number[]) => {
      const given = args.slice(0, arity);
      this.line(`${name}(${given.map((n) => n >>> 0).join(", ")})`);
      const done = (answer: unknown) => {
        if (answer !== undefined) this.line(`${name} -> ${answer}`);
        return answer;
      };
      const failed = (error: unknown) => {
        this.line(`${name} failed: ${(error as Error).message}`);
        throw error;
      };
      let answer: unknown;
      try {
        answer = call(...args);
      } catch (error) {
        return failed(error);
      }
      return answer instanceof Promise
        ? answer.then(done, failed)
        : done(answer);
    };
  }

  #given(shape: string, args: readonly unknown[]): string {
    const shown: string[] = [];
    let at = 0;
    for (const kind of shape) {
      if (kind === "t" || kind === "p") {
        const [address, size] = [unsigned(args[at++]), unsigned(args[at++])];
        shown.push(this.#range(kind, address, size));
      } else if (kind === "n") shown.push(String(args[at++]));
    }
    // What no shape speaks of is shown as it is.
    if (shape === "") return args.map(String).join(", ");
    return shown.join(", ");
  }

  #results(shape: string, args: readonly unknown[]): string {
    let at = 0;
    let shown = "";
    for (const kind of shape) {
      if (kind === "T" || kind === "P") {
        const address = this.#word(unsigned(args[at++]));
        const size = this.#word(unsigned(args[at++]));
        if (address === undefined || size === undefined) continue;
        shown += ` ${this.#range(kind === "T" ? "t" : "p", address, size)}`;
      } else if (kind === "N") {
        shown += ` ${this.#word(unsigned(args[at++])) ?? "?"}`;
      } else if (kind === "L") {
        const address = unsigned(args[at++]);
        const held = this.memory.holds(address, 8);
        shown += ` ${held ? BigInt.asIntN(64, this.memory.u64(address)) : "?"}`;
      } else at += kind === "n" ? 1 : 2;
    }
    return shown;
  }

  /** A u32 result; undefined where the guest did not want it. */
  #word(address: number): number | undefined {
    if (address === 0 || !this.memory.holds(address, 4)) return undefined;
    return this.memory.u32(address);
  }

  #range(kind: "t" | "p", address: number, size: number): string {
    if (kind === "p") {
      const bytes = this.memory.copy(address, size);
      if (bytes === undefined) return outside(address, size);
      const pairs = decodePairs(bytes).map((pair) => pair.join(": "));
      return shortened(JSON.stringify(pairs).replaceAll('","', '", "'));
    }
    const text = this.memory.text(address, Math.min(size, SHOWN));
    if (text === undefined) return outside(address, size);
    const rest = size > SHOWN ? `… ${size} bytes` : "";
    return `${JSON.stringify(text)}${rest}`;
  }
}

function outside(address: number, size: number): string {
  return `${size} bytes at ${address}, outside its memory`;
}

function shortened(text: string): string {
  return text.length <= 4 * SHOWN ? text : `${text.slice(0, 4 * SHOWN)}…`;
}

function unsigned(value: unknown): number {
  return Number(value) >>> 0;
}
