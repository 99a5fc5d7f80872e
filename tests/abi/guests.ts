/** Guests written as WebAssembly text, and a host that remembers what they did. */
import wabt from "wabt";
import { type Span, spanOf } from "../../abi/copy.ts";
import type {
  GuestCalls,
  GuestFiles,
  GuestHost,
  GuestRequest,
  LogLevel,
  PluginOptions,
  StreamKind,
} from "../../abi/host.ts";

const tools = await wabt();
const compiled = new Map<string, WebAssembly.Module>();

/** The module of a text. */
export function moduleOf(text: string): WebAssembly.Module {
  let module = compiled.get(text);
  if (module === undefined) {
    const parsed = tools.parseWat("guest.wat", text, {
      bulk_memory: true,
      exceptions: true,
      mutable_globals: true,
      sign_extension: true,
      threads: true,
    });
    const { buffer } = parsed.toBinary({ write_debug_names: true });
    parsed.destroy();
    module = new WebAssembly.Module(buffer.slice());
    compiled.set(text, module);
  }
  return module;
}

/** The module of a file in tests/testdata. */
export function testdata(name: string): WebAssembly.Module {
  return moduleOf(
    Deno.readTextFileSync(new URL(`../testdata/${name}`, import.meta.url)),
  );
}

/** A host in memory. Its stores and functions are maps that a test fills. */
export class RecordingHost implements GuestHost {
  readonly logged: [LogLevel, string][] = [];
  level: LogLevel = 0;
  stdout = "";
  stderr = "";
  stdin: Uint8Array[] = [];
  readonly invoked: [string, string, string][] = [];
  files: GuestFiles | undefined;
  calls: GuestCalls | undefined;
  streams: StreamKind[] = ["pipe", "pipe", "pipe"];
  state: (store: string, key: string) => Promise<Uint8Array> = () =>
    Promise.resolve(new Uint8Array(0));
  invoke: (
    id: string,
    method: string,
    parameter: Uint8Array,
  ) => Promise<Uint8Array> = () => Promise.resolve(new Uint8Array(0));
  /** Whether stdout is full: writes then give a promise. */
  slow = false;

  log(level: LogLevel, message: string): void {
    this.logged.push([level, message]);
  }
  logLevel(): LogLevel {
    return this.level;
  }
  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    const text = new TextDecoder().decode(bytes);
    if (stream === 1) this.stdout += text;
    else this.stderr += text;
    if (this.slow) return new Promise((resolve) => setTimeout(resolve, 1));
  }
  read(max: number): Promise<Uint8Array> {
    const bytes = this.stdin.shift() ?? new Uint8Array(0);
    if (bytes.length > max) this.stdin.unshift(bytes.subarray(max));
    return Promise.resolve(bytes.subarray(0, max));
  }
  getState(store: string, key: string): Promise<Uint8Array> {
    return this.state(store, key);
  }
  invokeService(
    id: string,
    method: string,
    parameter: Uint8Array,
  ): Promise<Uint8Array> {
    this.invoked.push([id, method, new TextDecoder().decode(parameter)]);
    return this.invoke(id, method, parameter);
  }

  /** All log lines as `level text`. */
  get lines(): string[] {
    return this.logged.map(([level, text]) => `${level} ${text}`);
  }
}

/** Plugin options with texts where it matters. */
export function options(changes: Partial<PluginOptions> = {}): PluginOptions {
  return {
    rootId: "",
    pluginName: "test",
    vmId: "vm",
    vmConfiguration: new Uint8Array(0),
    pluginConfiguration: new Uint8Array(0),
    env: [],
    ...changes,
  };
}

/** A GET of `/` without a body. */
export function request(changes: Partial<GuestRequest> = {}): GuestRequest {
  return {
    headers: [["host", "example.org"], ["x-one", "1"]],
    body: new Uint8Array(0),
    bodyIsReal: false,
    method: "GET",
    path: "/",
    authority: "example.org",
    scheme: "http",
    ...changes,
  };
}

/** Bytes of an ASCII or UTF-8 text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A text's bytes, or these, as shared data, queues and metrics are given them. */
export function span(given: string | Uint8Array): Span {
  return spanOf(typeof given === "string" ? bytes(given) : given);
}

/** Text of bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
