/** Layotto's exchange: one sequence of callbacks that nothing interrupts. */
import type { GuestRequest, GuestResponse } from "../host.ts";
import { layottoAnswer } from "./answer.ts";
import { ByteBuffer } from "./buffer.ts";
import type { Callbacks } from "./callbacks.ts";
import { HttpContext, type RootContext, Side } from "./contexts.ts";
import { HeaderMap } from "./header_map.ts";
import type { Sequence } from "./sequence.ts";
import type { Vm } from "./vm.ts";

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
  const asked = new Side();
  const headersMap = asked.headers = new HeaderMap(request.headers);
  asked.body = new ByteBuffer(request.body);
  const answered = new Side();
  answered.headers = new HeaderMap();
  answered.body = new ByteBuffer();
  const http = new HttpContext(id, root, request, asked, answered);
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
    yield headers(id, headersMap.size, end);
  }
  const body = callbacks.proxy_on_request_body;
  if (
    body !== undefined && request.body.length > 0 &&
    http.localResponse === undefined
  ) {
    vm.enter("proxy_on_request_body", http);
    yield body(id, asked.body.length, 1);
  }
  const done = callbacks.proxy_on_done;
  if (done !== undefined) {
    vm.enter("proxy_on_done", http);
    yield done(id);
  }
  // Exactly once for a context that was created.
  const remove = callbacks.proxy_on_delete;
  if (remove !== undefined) {
    vm.enter("proxy_on_delete", http);
    yield remove(id);
  }
  vm.delete(http);
  return layottoAnswer(vm.host, http);
}
