/** A request that came whole from the main isolate, and goes back whole. */
import { LogLevel } from "../../../../abi/host.ts";
import { type Deadline, deadlinesOf } from "../../../../proto/deadlines.ts";
import type { Pair } from "../../../http/fields.ts";
import { errorAnswer } from "../../../ingress/answers.ts";
import type { Reply, ReplyEvents } from "../../../ingress/incoming.ts";
import type { WireResponse } from "../../messages.ts";
import { joined } from "../../../../proto/joined.ts";
import type { Arrival } from "../arrival.ts";
import { answererOf } from "./answerer.ts";
import { HttpClient } from "./client.ts";
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
  const reply = new WholeReply(fn.spec.bodyLimit);
  const finished = (status: number) => {
    fn.count(status, started);
    through.finished();
  };
  const asItIs = terminal !== undefined;
  const client = new HttpClient(reply, fn.ours, { finished }, { asItIs });
  let deadline: Deadline | undefined;
  const through = new HttpExchange(links, arrival, client, {
    hold: () => {},
    over: () => deadline?.cancel(),
  }, terminal);
  reply.listen({ gone: () => through.abort(), pressure() {} });
  through.start(!arrival.bodyIsReal);
  if (arrival.bodyIsReal) through.data(arrival.body, true);
  client.release();
  if (!reply.over) {
    deadline = deadlinesOf(requestTimeout).add(() => {
      through.late(requestTimeout);
      // One that has begun has not begun for anybody yet.
      reply.giveUp(new TooLate(`no answer within ${requestTimeout} ms`));
    });
  }
  try {
    return await reply.answer;
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

/** Gathers an answer. */
class WholeReply implements Reply {
  readonly #limit: number;
  readonly #answer = Promise.withResolvers<WireResponse>();
  #events: ReplyEvents | undefined;
  #head: { status: number; headers: Pair[] } | undefined;
  #parts: Uint8Array[] = [];
  #size = 0;
  over = false;

  /** `limit`: bytes of its body. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws {TooLong} @throws {TooLate} @throws {Error} why the answer broke off. */
  get answer(): Promise<WireResponse> {
    return this.#answer.promise;
  }

  listen(events: ReplyEvents): void {
    this.#events = events;
  }

  whole(status: number, headers: Pair[], body: Uint8Array): void {
    this.head(status, headers);
    this.data(body);
    this.end();
  }

  head(status: number, headers: Pair[]): void {
    this.#head ??= { status, headers };
  }

  data(bytes: Uint8Array): void {
    if (this.over) return;
    this.#size += bytes.length;
    if (this.#size <= this.#limit) this.#parts.push(bytes);
    else {
      this.giveUp(
        new TooLong(
          `the response body is over the limit of ${this.#limit} bytes`,
        ),
      );
    }
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.#answer.resolve({ ...this.#head!, body: joined(this.#parts) });
  }

  reset(why: string): void {
    if (this.over) return;
    this.over = true;
    this.#answer.reject(new Error(why));
  }

  /** Nobody takes the answer any more. */
  giveUp(why: Error): void {
    if (this.over) return;
    this.over = true;
    this.#answer.reject(why);
    this.#events?.gone();
  }
}
