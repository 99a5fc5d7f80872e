/** A request that came whole from the main isolate, and goes back whole. */
import { LogLevel } from "../../../../abi/host.ts";
import { errorAnswer } from "../../../ingress/answers.ts";
import { pairsOf } from "../../../ingress/fields.ts";
import type { WireResponse } from "../../messages.ts";
import type { Arrival } from "../arrival.ts";
import { answererOf } from "./answerer.ts";
import { HttpClient, joined } from "./client.ts";
import { HttpExchange } from "./exchange.ts";
import { linksLater, linksNow } from "./links.ts";
import type { Chain } from "./serve.ts";

/** An answer that would have to be held as a whole, and may not be. */
class TooLong extends Error {}

/** An answer that began, and did not end in time. */
class TooLate extends Error {}

/** Answers `arrival` through `chain`. Never rejects: nobody could hear of it but the isolate, which would end. */
export async function serveWhole(
  chain: Chain,
  arrival: Arrival,
): Promise<WireResponse> {
  const { functions, terminal } = chain;
  const fn = answererOf(chain);
  const started = performance.now();
  const { requestTimeout } = fn.spec;
  const links = linksNow(functions) ??
    await linksLater(functions, requestTimeout);
  if (!Array.isArray(links)) return links.nobody(started);
  const { promise, resolve } = Promise.withResolvers<Response>();
  const client = new HttpClient(fn.ours, {
    finished: (status) => {
      fn.count(status, started);
      through.finished();
    },
    gone: () => through.abort(),
    pressure: () => {},
  }, terminal !== undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const through = new HttpExchange(links, arrival, client, {
    terminal,
    hold: () => {},
    over: () => {
      // Deno loads what timers take when one is first touched.
      if (timer !== undefined) clearTimeout(timer);
    },
  });
  through.start(!arrival.bodyIsReal);
  if (arrival.bodyIsReal) through.data(arrival.body, true);
  const response = client.response();
  if (response instanceof Promise) {
    timer = setTimeout(() => {
      through.late(requestTimeout);
      // One that has begun has not begun for anybody yet.
      client.reset(new TooLate(`no answer within ${requestTimeout} ms`));
      through.abort();
    }, requestTimeout);
    response.then(resolve);
  } else resolve(response);
  try {
    return await whole(await promise, fn.spec.bodyLimit);
  } catch (error) {
    // Nothing of it has reached a client, so another answer can take its place.
    const ours = error instanceof TooLong ||
      links.some(({ slot }) => slot.instance.failed);
    const status = error instanceof TooLate ? 504 : ours ? 500 : 502;
    const who = functions[0] === undefined
      ? ""
      : `function ${functions[0].id}: `;
    const answer = errorAnswer(status, who + (error as Error).message);
    fn.ours.log(LogLevel.warn, `request answered ${status}: ${answer.error}`);
    fn.count(status, started);
    return answer;
  }
}

/** @throws {TooLong} @throws {Error} why the answer broke off. */
async function whole(response: Response, limit: number): Promise<WireResponse> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    // What is thrown here cancels the body, and with it the exchange.
    if (length > limit) {
      throw new TooLong(
        `the response body is over the limit of ${limit} bytes`,
      );
    }
    parts.push(part);
  }
  return {
    status: response.status,
    headers: pairsOf(response.headers),
    body: joined(parts),
  };
}
