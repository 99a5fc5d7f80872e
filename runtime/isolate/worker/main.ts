/** Inside a function isolate: takes the main isolate's messages, holds the functions placed here. */
import { missingImports, UnknownImportError } from "../../../abi/mod.ts";
import { openListener } from "../../ingress/listener.ts";
import { withItsKind } from "../../ingress/answers.ts";
import { unread } from "../../ingress/request.ts";
import { collect } from "../../memory/collect.ts";
import { InstanceBudget } from "../budget.ts";
import type { FunctionSpec, ToIsolate, WireResponse } from "../messages.ts";
import { streamOf } from "../stream_of.ts";
import { type Arrival, arrivalOf } from "./arrival.ts";
import { queueReady } from "./attendant.ts";
import { describe } from "./describe.ts";
import { LocalFunction } from "./function.ts";
import { answerRouted } from "./http/routed.ts";
import { serveWhole } from "./http/whole.ts";
import { openChain } from "./open_chain.ts";
import { serveTcp } from "./tcp/serve.ts";
import { FunctionVm } from "./vm.ts";
import { answerOn } from "./peers.ts";
import { answered, peers, send, upstreams } from "./port.ts";
import { Rest } from "./rest.ts";
import { ingressHandler, type Reachable } from "./serve.ts";

/** Of a trap's stack: V8 keeps ten unless told otherwise, of which a panic of Rust takes six before the plugin's own. */
const STACK_FRAMES = 64;

const functions = new Map<number, LocalFunction>();
const byId = new Map<string, LocalFunction>();
const vms = new Map<string, FunctionVm>();
/** What is to be done when the client of a request that came by the main isolate leaves. */
const leaving = new Map<number, () => void>();
let budget: InstanceBudget | undefined;
const rest = new Rest(collect);

const reachable: Reachable = {
  alone: undefined,
  byId: (id) => byId.get(id),
};

/** Starts listening to the main isolate; called once, by `runtime/isolate_worker.ts`. */
export function runIsolate(): void {
  Error.stackTraceLimit = STACK_FRAMES;
  globalThis.addEventListener(
    "message",
    (event) => take((event as MessageEvent<ToIsolate>).data),
  );
}

function take(message: ToIsolate): void {
  switch (message.t) {
    case "load":
      load(message);
      return;
    case "run":
      functions.get(message.fn)?.run();
      return;
    case "unload":
      unload(message.fn).then(() =>
        send({ t: "result", n: message.n, value: undefined })
      );
      return;
    case "resize":
      resize(message);
      return;
    case "listen":
      return listen(message);
    case "serve":
      return serve(message);
    case "alone":
      reachable.alone = message.fn === undefined
        ? undefined
        : functions.get(message.fn);
      return;
    case "request":
      request(message);
      return;
    case "left":
      return leaving.get(message.n)?.();
    case "admit":
      return admit(message);
    case "meet":
      return peers.meet(message.who, message.ports);
    case "forget":
      peers.forget(message.fn).then(() =>
        send({ t: "result", n: message.n, value: undefined })
      );
      return;
    case "lost":
      return peers.lost(message.fn, message.reason);
    case "answer":
      return answered(message);
    case "stream":
      return upstreams.take(message);
    case "streams":
      for (const each of message.all) upstreams.take(each);
      return;
    case "taken":
      return functions.get(message.fn)?.flow.taken(
        message.bytes,
        message.broken,
      );
    case "input":
      return functions.get(message.fn)?.input.push(message.bytes);
    case "stats":
      send({
        t: "result",
        n: message.n,
        value: functions.get(message.fn)?.stats(),
      });
      return;
    case "queued":
      return queueReady(message);
    case "ping":
      send({ t: "result", n: message.n, value: undefined });
      rest.look(answers());
  }
}

/** An instance that cannot be made has said so in the log. */
async function resize(
  { n, fn, instances }: Extract<ToIsolate, { t: "resize" }>,
): Promise<void> {
  await functions.get(fn)?.resize(instances).catch(() => {});
  send({ t: "result", n, value: undefined });
}

/** How many requests the functions here have answered. */
function answers(): number {
  return functions.values().flatMap((fn) => fn.stats().answers)
    .reduce((all, [, count]) => all + count, 0);
}

async function load(
  { fn, module, spec, budget: buffer, shared }: Extract<
    ToIsolate,
    { t: "load" }
  >,
): Promise<void> {
  budget ??= new InstanceBudget(buffer);
  try {
    const missing = missingImports(module);
    if (missing.length > 0) throw new UnknownImportError(missing);
    const vm = vmOf(module, spec, budget);
    const loaded = new LocalFunction(fn, module, spec, shared, vm);
    functions.set(fn, loaded);
    await loaded.load();
    if (spec.kind === "plugin") byId.set(loaded.id, loaded);
    send({ t: "loaded", fn, id: loaded.id });
  } catch (error) {
    functions.delete(fn);
    send({ t: "refused", fn, message: describe(error) });
  }
}

/** The VM that functions of that name share, or one of this function's own. */
function vmOf(
  module: WebAssembly.Module,
  { vm, maxInstances }: FunctionSpec,
  budget: InstanceBudget,
): FunctionVm {
  const known = vms.get(vm);
  if (known !== undefined && !known.closed) return known;
  const made = new FunctionVm(module, maxInstances, budget);
  if (vm !== "") vms.set(vm, made);
  return made;
}

function serve({ n, listener }: Extract<ToIsolate, { t: "serve" }>): void {
  let value: number | string;
  try {
    value = openChain(listener, (fn) => functions.get(fn));
  } catch (error) {
    value = (error as Error).message;
  }
  send({ t: "result", n, value });
}

async function unload(fn: number): Promise<void> {
  const gone = functions.get(fn);
  if (!gone) return;
  functions.delete(fn);
  if (byId.get(gone.id) === gone) byId.delete(gone.id);
  if (reachable.alone === gone) reachable.alone = undefined;
  await gone.stop();
}

function listen(
  { hostname, port, shared, tcp }: Extract<ToIsolate, { t: "listen" }>,
): void {
  try {
    const chain = tcp === undefined ? undefined : functions.get(tcp)?.tcpChain;
    if (chain !== undefined) {
      const bound = serveTcp(chain, hostname, port, shared);
      return send({ t: "listening", port: bound });
    }
    const handler = ingressHandler(reachable);
    const listener = openListener(hostname, port, handler, shared);
    send({ t: "listening", port: listener.port });
  } catch (error) {
    send({ t: "notListening", message: (error as Error).message });
  }
}

async function request(
  { n, fn, request }: Extract<ToIsolate, { t: "request" }>,
): Promise<void> {
  const target = functions.get(fn);
  let value: WireResponse | undefined;
  if (target === undefined) unread(request);
  else {
    const { kind, layotto } = target.spec;
    const streams = request.streams && kind === "plugin" && !layotto;
    value = streams
      ? await answerRouted(
        target.chain,
        request,
        (work) => leaving.set(n, work),
      )
      : await answer(target, arrivalOf(request));
    leaving.delete(n);
    if (layotto) value = withItsKind(value);
  }
  send({ t: "result", n, value }, streamOf(value));
}

/** Invocations of a function that come from other isolates, and from its own. */
function admit({ fn, port }: Extract<ToIsolate, { t: "admit" }>): void {
  answerOn(port, (question) => {
    const target = functions.get(fn);
    return target && answer(target, arrivalOf(question(target.id)));
  });
}

function answer(
  fn: LocalFunction,
  arrival: Arrival,
): WireResponse | Promise<WireResponse> {
  return fn.spec.layotto || fn.spec.kind === "command"
    ? fn.answer(arrival)
    : serveWhole(fn.chain, arrival);
}
