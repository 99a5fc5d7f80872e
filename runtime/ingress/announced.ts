/** Whether a request has a body, which Deno's server does not tell: it gives every request one, but a GET or HEAD none. */

/** Whether the fields of an HTTP/1.1 request say that a body follows (RFC 9112 §6.3). */
export function announcesBody(headers: Headers): boolean {
  return (headers.get("content-length") ?? "0") !== "0" ||
    headers.has("transfer-encoding");
}

/**
 * The body of a request, null if it has none. Where nothing announces it, only HTTP/2 can have sent one, and its first part
 * or its end is waited for; but not where there is no `host` either: that is HTTP/2 for sure, and its client may want to
 * hear from us before it sends.
 */
export function bodyOf(
  { body, headers }: Request,
): Body | null | Promise<Body | null> {
  return body === null || headers.has("content-length") ||
      headers.has("transfer-encoding") || !headers.has("host")
    ? body
    : begun(body);
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** `body` once its first part is there, null if it ends without one. @throws why it broke off. */
async function begun(body: Body): Promise<Body | null> {
  const reader = body.getReader();
  let first = await reader.read();
  // The server's first part is empty where there is none.
  while (first.value?.length === 0) first = await reader.read();
  if (first.done) return null;
  const { value } = first;
  return new ReadableStream({
    start: (controller) => controller.enqueue(value),
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
