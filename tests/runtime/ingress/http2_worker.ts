/** An isolate that answers HTTP/2, for the test that takes all other permissions from it. */
/// <reference lib="deno.worker" />
import { openListener } from "../../../runtime/ingress/listener.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data: port }: MessageEvent<number>) => {
  openListener("127.0.0.1", port, (request, reply) => {
    reply.head(200, []);
    request.body?.read({
      data(bytes, end) {
        reply.data(bytes);
        if (end) reply.end();
      },
      trailers() {},
      broken() {},
    });
  });
  scope.postMessage("listening");
};
