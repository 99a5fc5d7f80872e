/**
 * What an AssemblyScript function needs of Layotto, in one file to copy. Not TypeScript for Deno: `asc` compiles it.
 *
 * A function calls `serve` once, at its top level, and hands on the exports below. Texts are UTF-8 on the wire. The host
 * puts what it returns into memory that it takes by `malloc`; it is ours then, and freed as soon as it is copied.
 */

// deno-fmt-ignore-file
// deno-lint-ignore-file

@external("env", "proxy_log")
declare function hostLog(level: i32, text: usize, size: usize): i32;
@external("env", "proxy_get_buffer_bytes")
declare function hostGetBuffer(buffer: i32, start: usize, max: usize, text: usize, size: usize): i32;
@external("env", "proxy_set_buffer_bytes")
declare function hostSetBuffer(buffer: i32, start: usize, replaced: usize, text: usize, size: usize): i32;
@external("env", "proxy_get_state")
declare function hostGetState(
  store: usize, storeSize: usize, key: usize, keySize: usize, value: usize, valueSize: usize,
): i32;
@external("env", "proxy_invoke_service")
declare function hostInvoke(
  id: usize, idSize: usize, method: usize, methodSize: usize,
  param: usize, paramSize: usize, result: usize, resultSize: usize,
): i32;

// Numbers of proxy-wasm's buffers and log levels.
const REQUEST_BODY = 0;
const RESPONSE_BODY = 1;
const CALL_DATA = 8;
const ERROR = 4;

/** Where the host writes the address and the size of what it returns. */
const returnedAt: usize = memory.data(8);
const returnedSize: usize = returnedAt + 4;

let functionId = "";
let answerTo: (body: string) => string = (body) => body;

/** Says the function's id and what answers a request's body, or its query string where it has no body. */
export function serve(id: string, answer: (body: string) => string): void {
  functionId = id;
  answerTo = answer;
}

/** The value under `key` in `store`; "" where there is none or the store fails, which the log says. */
export function getState(store: string, key: string): string {
  const s = String.UTF8.encode(store);
  const k = String.UTF8.encode(key);
  const status = hostGetState(
    changetype<usize>(s), s.byteLength, changetype<usize>(k), k.byteLength, returnedAt, returnedSize,
  );
  return result(status, "get_state of " + key + " in " + store);
}

/** What function `id` answers to `body`; "" where it fails, which the log says. */
export function invokeService(id: string, body: string): string {
  const i = String.UTF8.encode(id);
  const b = String.UTF8.encode(body);
  const status = hostInvoke(
    changetype<usize>(i), i.byteLength, 0, 0, changetype<usize>(b), b.byteLength, returnedAt, returnedSize,
  );
  return result(status, "invoke_service of " + id);
}

/** One line of the log at level error. */
export function logError(text: string): void {
  const bytes = String.UTF8.encode(text);
  hostLog(ERROR, changetype<usize>(bytes), bytes.byteLength);
}

function result(status: i32, what: string): string {
  if (status != 0) {
    logError(what + " failed with status " + status.toString());
    return "";
  }
  return returned();
}

function returned(): string {
  const at = load<usize>(returnedAt);
  if (at == 0) return "";
  const text = String.UTF8.decodeUnsafe(at, load<usize>(returnedSize));
  heap.free(at);
  return text;
}

function setBuffer(buffer: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  hostSetBuffer(buffer, 0, bytes.byteLength, changetype<usize>(bytes), bytes.byteLength);
}

// What the host calls; a function's file exports these.

/** Never called: says which ABI this is. */
export function proxy_abi_version_0_2_0(): void {}

/** The host's memory for what it returns. */
export function malloc(size: usize): usize {
  return heap.alloc(size);
}

/** Called once per instance: the id goes into the call data buffer. */
export function proxy_get_id(): void {
  setBuffer(CALL_DATA, functionId);
}

/** Called with the request's body. 0 means: go on. */
export function proxy_on_request_body(_context: i32, size: usize, _end: i32): i32 {
  const status = hostGetBuffer(REQUEST_BODY, 0, size, returnedAt, returnedSize);
  setBuffer(RESPONSE_BODY, answerTo(result(status, "reading the request's body")));
  return 0;
}
