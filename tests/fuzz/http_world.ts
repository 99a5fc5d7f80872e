/**
 * One exchange through one plugin whose callbacks an input decides: what they answer, what they ask for, whether they
 * are suspended or fail. It checks on the way what must hold at every step, and keeps what came and went.
 */
import assert from "node:assert/strict";
import type { Callbacks } from "../../abi/proxywasm/callbacks.ts";
import type { LocalResponse } from "../../abi/proxywasm/contexts.ts";
import { NOBODY } from "../../abi/proxywasm/callback_queue.ts";
import { HeaderMap } from "../../abi/proxywasm/header_map.ts";
import {
  HttpStream,
  type HttpStreamOwner,
} from "../../abi/proxywasm/http_stream.ts";
import type { Vm } from "../../abi/proxywasm/vm.ts";
import type { GuestFunction } from "../../abi/suspend.ts";
import { request } from "../abi/guests.ts";
import { PluginProbe } from "../abi/probe.ts";
import type { Choices } from "./engine/choices.ts";
import { Way } from "./http_way.ts";

export const SIDES = ["request", "response"] as const;
export type SideName = typeof SIDES[number];

const NO_BYTES = new Uint8Array(0);

const LOCAL: LocalResponse = {
  status: 403,
  details: "",
  headers: [],
  body: NO_BYTES,
  grpcStatus: -1,
};

interface Suspended {
  resolve(): void;
  reject(error: Error): void;
}

export class HttpWorld implements HttpStreamOwner {
  readonly ways = { request: new Way(), response: new Way() };
  readonly onward = this.ways.request;
  readonly back = this.ways.response;
  readonly stream: HttpStream;
  readonly vm: Vm;
  /** Callbacks that wait in a host call: one at most. */
  suspended: Suspended | undefined;
  /** From now on every callback lets everything go on. */
  calm = false;
  /** The exchange is over, or the instance failed without a bypass. */
  over = false;
  readonly #probe = new PluginProbe({ names: [] });
  readonly #choices: Choices;
  readonly #bypass: boolean;
  #inGuest = false;

  constructor(choices: Choices) {
    this.#choices = choices;
    const options = choices.below(4);
    this.#bypass = (options & 1) === 1;
    const headersAlone = (options & 2) === 2;
    const { vm, root } = this.#probe;
    this.vm = vm;
    vm.contexts.delete(2);
    root.options.headersAlone = headersAlone;
    for (const way of Object.values(this.ways)) {
      way.headersAlone = headersAlone;
      way.before = () =>
        way.check(() => assert.ok(!this.#inGuest, "told while the guest runs"));
    }
    this.stream = new HttpStream(
      vm,
      this.#callbacks(choices.byte()),
      root,
      request(),
      this,
      { limit: choices.of([200, 20, 5]), answers: false },
    );
  }

  /** Another context's callback asks for what `work` does, and then perhaps waits in a host call. */
  elsewhere(work: () => void, suspends = false): void {
    const tick: GuestFunction = () => {
      this.#guest(work, 0);
      return suspends && !this.calm ? this.#suspend(() => {}, 0) : 0;
    };
    this.vm.queue.call(
      "proxy_on_tick",
      this.#probe.root,
      tick,
      ...[1, 0, 0] as const,
      NOBODY,
    );
  }

  respond(): void {
    this.#told();
    this.ways.request.stop();
    const { response } = this.ways;
    if (response.headersCame) {
      this.stream.stopResponse();
      return response.stop();
    }
    this.#local(response);
  }

  close(): void {
    this.#told();
    this.finish();
  }

  overflow(side: SideName): void {
    this.#told();
    this.ways[side].stop();
    this.finish();
  }

  pressure(side: SideName, on: boolean): void {
    this.#told();
    assert.notEqual(
      this.ways[side].pressed,
      on,
      `${side}: pressure ${on} twice`,
    );
    this.ways[side].pressed = on;
  }

  failed(): "bypass" | "stop" {
    this.#told();
    for (const way of Object.values(this.ways)) way.bypassed();
    if (this.#bypass && !this.over) return "bypass";
    this.over = true;
    for (const way of Object.values(this.ways)) way.stop();
    return "stop";
  }

  /** Nothing more is to go anywhere. */
  finish(): void {
    if (this.over) return;
    this.over = true;
    for (const way of Object.values(this.ways)) way.stop();
    this.stream.log();
    this.stream.end();
  }

  /** The owner's own answer goes through the response callbacks, as the runtime sends it. */
  #local(way: Way): void {
    way.isLocal = true;
    way.came.headers = true;
    const body = way.next(3);
    this.stream.response.headers(new HeaderMap(), false);
    way.came.end = way.came.body = true;
    this.stream.response.data(body, true);
  }

  #told(): void {
    this.ways.request.before();
  }

  /** `mask` has the callbacks that the module has. */
  #callbacks(mask: number): Callbacks {
    const callbacks: Record<string, GuestFunction> = {};
    SIDES.forEach((side, i) => {
      const way = this.ways[side];
      ["headers", "body", "trailers"].forEach((part, j) => {
        if (mask & 1 << (3 * i + j)) return;
        callbacks[`proxy_on_${side}_${part}`] = (_id, size, end) => {
          const seen = part === "body" ? this.#body(side) : undefined;
          way.shown(part, seen, size!, end === 1);
          return this.#answer(
            side,
            (answer) => way.answered(part, answer, seen),
          );
        };
      });
      way.unseen = (mask & 2 << (3 * i)) !== 0;
      way.trailersUnseen = (mask & 4 << (3 * i)) !== 0;
    });
    return callbacks as unknown as Callbacks;
  }

  #body(side: SideName): Uint8Array {
    const { http } = this.vm;
    return http![`${side}Side`].body!.view().slice();
  }

  #answer(
    side: SideName,
    heard: (answer: number) => void,
  ): number | Promise<number> {
    if (this.calm) {
      heard(0);
      return 0;
    }
    const answer = this.#choices.below(6);
    const what = this.#choices.below(24);
    if (what === 1 || what === 9 || what === 10) {
      this.#guest(() => this.ask(what), 0);
      return this.#suspend(heard, answer);
    }
    return this.#guest(() => {
      this.ask(what);
      heard(answer);
      // What it was shown stays where it is.
      if (what === 6 || what === 7) this.ways[side].stop();
    }, answer);
  }

  #suspend(
    heard: (answer: number) => void,
    answer: number,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      this.ways.request.check(() =>
        assert.equal(this.suspended, undefined, "two callbacks at once")
      );
      this.suspended = {
        resolve: () => {
          heard(answer);
          resolve(answer);
        },
        reject,
      };
    });
  }

  #guest(work: () => void, answer: number): number {
    this.#inGuest = true;
    try {
      work();
    } finally {
      this.#inGuest = false;
    }
    return answer;
  }

  /** @throws what was wrong so far. */
  check(): void {
    for (const { wrong } of Object.values(this.ways)) if (wrong) throw wrong;
  }

  /** Where a body's end is being shown there is a map for them. */
  #makeTrailers(): void {
    for (const side of SIDES) {
      const there = this.vm.http?.[`${side}Side`];
      if (!there?.ending) continue;
      there.writableTrailers!.add("made", "1");
      this.ways[side].made = true;
    }
  }

  /** A host call about the exchange, or a trap. */
  ask(what: number): void {
    switch (what) {
      case 2:
      case 3:
      case 9:
        this.ways.request.goOn();
        return this.stream.continueRequest();
      case 4:
      case 5:
      case 10:
        this.ways.response.goOn();
        return this.stream.continueResponse();
      case 6:
        return this.stream.respond(LOCAL);
      case 7:
        return this.stream.close();
      case 11:
        return this.#makeTrailers();
      case 8:
        throw new WebAssembly.RuntimeError("unreachable");
    }
  }
}
