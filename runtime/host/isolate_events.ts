/** What the isolates of a pod's functions ask and tell, and who of the host takes it. */
import { formatLine, type Level, levelName } from "../log.ts";
import type { Broker } from "../broker/broker.ts";
import type { HostFunction } from "../function/function.ts";
import type { Isolate, IsolateEvents } from "../isolate/isolate.ts";
import type { PodShared } from "../shared/pod_shared.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import type { Introductions } from "./introductions.ts";
import type { PodOptions } from "./pod_options.ts";

/** The parts of a pod that its isolates reach. */
export interface Reached {
  readonly options: PodOptions;
  readonly functions: ReadonlyMap<number, HostFunction>;
  /** Those that are being stopped: they may ask for nothing more, but what they say is written. */
  readonly leaving: ReadonlyMap<number, HostFunction>;
  readonly broker: Broker;
  readonly upstreams: Upstreams;
  readonly shared: PodShared;
  readonly introductions: Introductions;
  readonly route: IsolateEvents["route"];
  /** A line of ours about a function, on its own log. */
  log(fn: HostFunction, level: Level, message: string): void;
}

type Call = Parameters<IsolateEvents["call"]>[1];

const encoder = new TextEncoder();

export function isolateEvents(pod: Reached): Omit<IsolateEvents, "broken"> {
  const { options, functions, leaving, upstreams, shared } = pod;
  const speaker = (n: number) => functions.get(n) ?? leaving.get(n);
  return {
    call: (n, message, from) => {
      const fn = functions.get(n);
      if (!fn) throw new Error("the function is stopping");
      return called(pod, fn, message, from);
    },
    route: pod.route,
    output: (n, stream, bytes) => {
      const fn = speaker(n);
      return fn
        ? options.sink.output(fn.key, stream, bytes)
        : Promise.resolve();
    },
    log: (message) => {
      const fn = speaker(message.fn);
      if (!fn) return Promise.resolve();
      // The isolate has the function's own level and kept what is below it.
      const level = levelName(message.level);
      const line = message.ours || !options.pluginLine
        ? formatLine(level, message.message, { function: fn.id })
        : options.pluginLine(fn, level, message.message, message.stream);
      return options.sink.output(fn.key, 2, encoder.encode(line));
    },
    exited: (n, status, reason) => {
      const fn = functions.get(n);
      if (fn) options.exited(fn, status, reason);
    },
    inputTaken: (n, bytes) => {
      const fn = functions.get(n);
      if (fn) options.sink.inputTaken?.(fn.key, bytes);
    },
    stream: (message, send) => {
      const fn = functions.get(message.fn);
      if (fn) upstreams.take(fn, message, send);
      else if (message.open) {
        const { fn, n } = message;
        send({ t: "stream", fn, n, reset: "the function is stopping" });
      }
    },
    queued: (notice) => shared.queued(notice),
  };
}

/** A refused host call reads as a status in the guest; why it was refused stands in its log. */
function called(
  pod: Reached,
  fn: HostFunction,
  { op, args }: Call,
  from: Isolate,
): unknown {
  const refused = (error: Error): never => {
    if (!op.startsWith("file.")) {
      const what = op.replace(".failed", "");
      pod.log(fn, "warn", `${what} failed: ${error.message}`);
    }
    throw error;
  };
  let answer: unknown;
  try {
    answer = pod.broker.call(fn, op, args);
  } catch (error) {
    return refused(error as Error);
  }
  if (!(answer instanceof Promise)) return answer;
  return answer.then((value) => {
    if (op === "invoke") pod.introductions.introduce(from, String(args[0]));
    return value;
  }, refused);
}
