/** Guests written as WebAssembly text, and a host that remembers what they did. */
import wabt from "wabt";
import type {
  FileStat,
  GuestCalls,
  GuestFiles,
  GuestHost,
  GuestRequest,
  LogLevel,
  OpenOptions,
  PluginOptions,
  Preopen,
} from "../../abi/host.ts";
import { FileError } from "../../abi/host.ts";

const tools = await wabt();
const compiled = new Map<string, WebAssembly.Module>();

/** The module of a text. */
export function moduleOf(text: string): WebAssembly.Module {
  let module = compiled.get(text);
  if (module === undefined) {
    const parsed = tools.parseWat("guest.wat", text, {
      bulk_memory: true,
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

/** Files in memory: paths to contents; every directory on the way to one exists. */
export class MemoryFiles implements GuestFiles {
  readonly calls: string[] = [];
  readonly #handles = new Map<number, string>();
  #next = 100;

  constructor(
    readonly contents: Map<string, Uint8Array>,
    readonly preopens: readonly Preopen[] = [{ path: "/", readOnly: false }],
  ) {}

  /** Handles that nobody closed. */
  get stillOpen(): number {
    return this.#handles.size;
  }

  #kind(path: string): "file" | "directory" {
    const clean = this.#clean(path);
    if (this.contents.has(clean)) return "file";
    if (clean === "") return "directory";
    for (const name of this.contents.keys()) {
      if (name.startsWith(`${clean}/`)) return "directory";
    }
    throw new FileError(44, `${path} does not exist`);
  }
  #clean(path: string): string {
    return path.split("/").filter((part) => part !== "" && part !== ".")
      .join("/");
  }
  #stat(path: string): FileStat {
    const kind = this.#kind(path);
    const size = this.contents.get(this.#clean(path))?.length ?? 0;
    return {
      kind,
      size: BigInt(size),
      inode: 7n,
      links: 1n,
      accessed: 1n,
      modified: 2n,
      changed: 3n,
    };
  }
  async stat(_preopen: number, path: string): Promise<FileStat> {
    await Promise.resolve();
    return this.#stat(path);
  }
  async open(_preopen: number, path: string, options: OpenOptions) {
    await Promise.resolve();
    const clean = this.#clean(path);
    this.calls.push(`open ${clean} ${JSON.stringify(options)}`);
    if (options.create && !this.contents.has(clean)) {
      this.contents.set(clean, new Uint8Array(0));
    }
    const stat = this.#stat(path);
    if (options.truncate) this.contents.set(clean, new Uint8Array(0));
    const handle = this.#next++;
    this.#handles.set(handle, clean);
    return { handle, stat };
  }
  async read(
    handle: number,
    offset: bigint,
    length: number,
  ): Promise<Uint8Array> {
    await Promise.resolve();
    const bytes = this.contents.get(this.#handles.get(handle)!)!;
    return bytes.slice(Number(offset), Number(offset) + length);
  }
  async write(handle: number, offset: bigint | "append", bytes: Uint8Array) {
    await Promise.resolve();
    const path = this.#handles.get(handle)!;
    const before = this.contents.get(path)!;
    const at = offset === "append" ? before.length : Number(offset);
    const after = new Uint8Array(Math.max(before.length, at + bytes.length));
    after.set(before);
    after.set(bytes, at);
    this.contents.set(path, after);
    return bytes.length;
  }
  async close(handle: number) {
    await Promise.resolve();
    this.#handles.delete(handle);
  }
  async list(_preopen: number, path: string) {
    await Promise.resolve();
    const base = this.#clean(path);
    const names = new Set<string>();
    for (const name of this.contents.keys()) {
      if (base !== "" && !name.startsWith(`${base}/`)) continue;
      names.add(
        name.slice(base === "" ? 0 : base.length + 1).split("/")[0]!,
      );
    }
    return [...names].map((name) => ({
      name,
      kind: this.#kind(base === "" ? name : `${base}/${name}`),
      inode: 9n,
    }));
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

/** Text of bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
