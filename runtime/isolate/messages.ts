/**
 * What the host's main isolate and a function isolate say to each other (`postMessage`). A function is named by a
 * number that is unique in the host, so one isolate may hold several and one host several pods.
 */
import type { Pair } from "../http/fields.ts";
import type { ListenerSpec } from "./listener_spec.ts";
import type {
  Facts,
  FileCall,
  LogLevel,
  PluginOptions,
  Preopen,
  StreamKind,
} from "../../abi/host.ts";
import type { Reach } from "../upstream/names.ts";
import type { StreamMessage, StreamMessages } from "./upstream_messages.ts";

/** A body as it comes; trailers, if there are any, are the last thing in it. */
export type BodyStream = ReadableStream<Uint8Array | Pair[]>;

/** An HTTP request on its way to a function; names of headers in lower case. */
export interface WireRequest {
  method: string;
  /** Path and query. */
  path: string;
  authority: string;
  scheme: string;
  headers: [string, string][];
  body: Uint8Array;
  /** False where `body` is the query string. */
  bodyIsReal: boolean;
  /** The body as it comes, in the place of `body`. */
  stream?: BodyStream;
  /** Whoever asks takes the answer's body as it comes. */
  streams?: true;
  /** Ids of the functions that are waiting for this answer, outermost first; empty for a request from outside. */
  chain: string[];
  facts?: Facts;
}

/** A function's answer, or ours about it (then `error` says why and `body` is its JSON line). */
export interface WireResponse {
  status: number;
  headers: [string, string][];
  body: Uint8Array;
  /** The body as it comes, in the place of `body`. */
  stream?: BodyStream;
  error?: string;
  /** What of an error gRPC's clients are told, where the status does not say it. */
  grpcStatus?: number;
}

/** All an isolate needs to run one function. */
export interface FunctionSpec {
  /** What its log lines and errors call it until it said its id. */
  name: string;
  /** Its id where the module does not say one. */
  id: string;
  kind: "plugin" | "command";
  plugin: PluginOptions;
  args: string[];
  env: string[];
  /** Exported function to call instead of `_start` (`path#function`), or "". */
  entry: string;
  /** Isolates it runs in. */
  isolates: number;
  /** Instances that stand ready in each. */
  instances: number;
  /** Instances it may grow to in each while others are suspended. */
  maxInstances: number;
  /** Milliseconds. */
  requestTimeout: number;
  /** Functions of one isolate with the same text share instances, a root context each; "" shares with none. */
  vm: string;
  /** It follows Layotto's sequence of callbacks (ABI.md §5.4), and not Envoy's. */
  layotto: boolean;
  /** An exchange whose instance fails goes on without the function, where something else answers. */
  failOpen: boolean;
  /** Largest request body: bytes. */
  bodyLimit: number;
  logLevel: LogLevel;
  preopens: Preopen[];
  /** What it may reach outside, by name. */
  reach: Reach;
  /** What a command's standard streams are, by number. */
  streams: StreamKind[];
  /** Whether a stdin stream will come. */
  stdin: boolean;
}

/** Counters of one function since it was loaded. */
export interface FunctionStats {
  /** Answers by status. */
  answers: [status: number, count: number][];
  /** Sum of the time spent answering: milliseconds. */
  milliseconds: number;
  instances: number;
  suspended: number;
  /** Linear memory of all instances: bytes. */
  memory: number;
}

/** Items that were put into a shared queue: whom to tell, and how often. */
export interface QueueNotice {
  t: "queued";
  /** The function whose instance registered the queue. */
  fn: number;
  /** That instance, by its number in the pod's shared store. */
  instance: number;
  /** Its root context. */
  root: number;
  queue: number;
  count: number;
}

/** A function that an isolate may invoke without asking. */
export interface Acquaintance {
  fn: number;
  id: string;
  /** Longest argument: bytes. A longer one is for the main isolate to refuse. */
  bodyLimit: number;
}

export type ToIsolate =
  | {
    t: "load";
    fn: number;
    module: WebAssembly.Module;
    spec: FunctionSpec;
    /** The process's `InstanceBudget`. */
    budget: SharedArrayBuffer;
    /** The pod's shared store. */
    shared: SharedArrayBuffer;
  }
  | { t: "run"; fn: number }
  | { t: "unload"; n: number; fn: number }
  /** Answered by `result` when it has so many instances, or cannot. */
  | { t: "resize"; n: number; fn: number; instances: number }
  | {
    t: "listen";
    hostname: string;
    port: number;
    shared: boolean;
    /** The function that takes plain connections there; undefined: HTTP is served. */
    tcp: number | undefined;
  }
  /** A listener of its own for a chain of functions; answered by `result` with the port. */
  | { t: "serve"; n: number; listener: ListenerSpec }
  /** `fn` is the function that takes requests without an id: the pod's only one, if it lives here. */
  | { t: "alone"; fn: number | undefined }
  | { t: "request"; n: number; fn: number; request: WireRequest }
  /** The client of that request has gone. */
  | { t: "left"; n: number }
  /** Who has the other end of `port` may invoke `fn`. */
  | { t: "admit"; fn: number; port: MessagePort }
  /** These ports lead to a function, one for each of its isolates. */
  | { t: "meet"; who: Acquaintance; ports: MessagePort[] }
  /** Invoke it directly no more; answered by `result` when no such call is under way. */
  | { t: "forget"; n: number; fn: number }
  /** Its isolates ended: calls of it that are under way get no answer. */
  | { t: "lost"; fn: number; reason: string }
  | {
    t: "answer";
    n: number;
    value?: unknown;
    failed?: { message: string; errno?: number };
  }
  | {
    t: "taken";
    fn: number;
    bytes: number;
    /** The stream that takes nothing any more. */
    broken?: { stream: 1 | 2; errno: number };
  }
  | { t: "input"; fn: number; bytes: Uint8Array | undefined }
  | { t: "stats"; n: number; fn: number }
  | { t: "ping"; n: number }
  | StreamMessage
  | StreamMessages
  | QueueNotice;

/** Host calls that need the world; `args` and the answer's value are per operation, see `broker.ts`. */
export type CallOp =
  | "state.get"
  | "invoke"
  /** An invocation that went past the main isolate and failed, to be logged and refused there; the argument is why. */
  | "invoke.failed"
  /** A call of the guest's files, by its name. */
  | `file.${FileCall}`;

export type FromIsolate =
  | { t: "loaded"; fn: number; id: string }
  | { t: "refused"; fn: number; message: string }
  | { t: "listening"; port: number }
  | { t: "notListening"; message: string }
  | { t: "call"; n: number; fn: number; op: CallOp; args: unknown[] }
  /** A request that came in here and is another function's, or nobody's. */
  | {
    t: "route";
    n: number;
    request: WireRequest;
    id: string | undefined;
  }
  /** The client of a request that was routed has gone. */
  | { t: "left"; n: number }
  | { t: "result"; n: number; value: unknown }
  | { t: "output"; fn: number; stream: 1 | 2; bytes: Uint8Array }
  | {
    t: "log";
    fn: number;
    level: LogLevel;
    message: string;
    /** A line of ours, not the guest's. */
    ours: boolean;
    /** The guest speaks of an exchange or a connection, not of its plugin. */
    stream: boolean;
  }
  /** So many bytes of its input were read by the guest. */
  | { t: "inputTaken"; fn: number; bytes: number }
  | { t: "exited"; fn: number; status: number; reason: string }
  | StreamMessage
  | StreamMessages
  | QueueNotice;
