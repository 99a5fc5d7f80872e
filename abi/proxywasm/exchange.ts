/** One HTTP exchange as a sequence of callbacks. */
import type { GuestRequest, GuestResponse } from "../host.ts";
import type { Callbacks } from "./callbacks.ts";
import { HttpContext, pseudoFieldsOf, type RootContext } from "./contexts.ts";
import { answerOf } from "./answer.ts";
import type { Pair } from "./pairs.ts";
import type { Sequence } from "./sequence.ts";
import { Action } from "./types.ts";
import type { Vm } from "./vm.ts";

const NO_FIELDS: readonly Pair[] = [];
const NO_BYTES = new Uint8Array(0);

/**
 * Layotto's deployed sequence (ABI.md §5.4): plain headers without pseudo fields, a body call also for a query string
 * that stands for a body, actions ignored, no response callbacks, no log callback, the answer is buffer 1. A local
 * response, which Layotto's own host does not have, ends the sequence early.
 */
export function* layottoExchange(
  vm: Vm,
  callbacks: Callbacks,
  root: RootContext,
  id: number,
  request: GuestRequest,
): Sequence<GuestResponse> {
  const http = new HttpContext(id, root, request, NO_FIELDS, request.body);
  vm.contexts.set(id, http);
  const create = callbacks.proxy_on_context_create;
  if (create !== undefined) {
    vm.enter("proxy_on_context_create", http);
    yield create(id, root.id);
  }
  const headers = callbacks.proxy_on_request_headers;
  if (headers !== undefined) {
    vm.enter("proxy_on_request_headers", http);
    const end = request.bodyIsReal && request.body.length > 0 ? 0 : 1;
    yield headers(id, http.requestHeaders.size, end);
  }
  const body = callbacks.proxy_on_request_body;
  if (
    body !== undefined && request.body.length > 0 &&
    http.localResponse === undefined
  ) {
    vm.enter("proxy_on_request_body", http);
    yield body(id, http.requestBody.length, 1);
  }
  const done = callbacks.proxy_on_done;
  if (done !== undefined) {
    vm.enter("proxy_on_done", http);
    yield done(id);
  }
  yield* deletion(vm, callbacks, http);
  return answerOf(vm, http);
}

/**
 * Envoy's sequence for a request that the function answers itself: pseudo fields in the request headers; a pause that
 * nothing has ended, a local response or a closed stream keep the body from the guest; then log, done and delete in
 * Envoy's order (ABI.md §2.5). The whole body is there when the first callback runs, so nothing can arrive later that
 * would end a pause: the answer is then what buffer 1 holds.
 */
export function* envoyExchange(
  vm: Vm,
  callbacks: Callbacks,
  root: RootContext,
  id: number,
  request: GuestRequest,
): Sequence<GuestResponse> {
  const sent = request.bodyIsReal ? request.body : NO_BYTES;
  const http = new HttpContext(
    id,
    root,
    request,
    pseudoFieldsOf(request),
    sent,
  );
  vm.contexts.set(id, http);
  const create = callbacks.proxy_on_context_create;
  if (create !== undefined) {
    vm.enter("proxy_on_context_create", http);
    yield create(id, root.id);
  }
  let action: number = Action.continue;
  const headers = callbacks.proxy_on_request_headers;
  if (headers !== undefined) {
    vm.enter("proxy_on_request_headers", http);
    const end = sent.length > 0 ? 0 : 1;
    action = yield headers(id, http.requestHeaders.size, end);
  }
  const body = callbacks.proxy_on_request_body;
  if (body !== undefined && sent.length > 0 && goesOn(http, action)) {
    vm.enter("proxy_on_request_body", http);
    yield body(id, http.requestBody.length, 1);
  }
  const log = callbacks.proxy_on_log;
  if (log !== undefined) {
    vm.enter("proxy_on_log", http);
    yield log(id);
  }
  const done = callbacks.proxy_on_done;
  if (done !== undefined) {
    vm.enter("proxy_on_done", http);
    yield done(id);
  }
  yield* deletion(vm, callbacks, http);
  return answerOf(vm, http);
}

/** Whether the body callback comes after `action` from the headers callback. */
function goesOn(http: HttpContext, action: number): boolean {
  return http.localResponse === undefined && !http.closed &&
    (action === Action.continue || http.resumed);
}

/** `proxy_on_delete`, exactly once for a context that was created. */
function* deletion(
  vm: Vm,
  callbacks: Callbacks,
  http: HttpContext,
): Sequence<void> {
  const remove = callbacks.proxy_on_delete;
  if (remove !== undefined) {
    vm.enter("proxy_on_delete", http);
    yield remove(http.id);
  }
  vm.contexts.delete(http.id);
}
