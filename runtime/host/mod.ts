/** The host process under a shim: control over stdin and stdout, its own log lines on stderr. */
import { keyName } from "../control/key.ts";
import {
  ControlError,
  type ControlHandler,
  ControlServer,
} from "../control/server.ts";
import type { ContainerSpec, Key, PodSpec } from "../control/messages.ts";
import { type HostFunction, statusOfSignal } from "../function/function.ts";
import { Logger } from "../log.ts";
import { Ahead } from "./ahead.ts";
import { PodAdmin } from "./admin.ts";
import { confineSelf } from "./confine.ts";
import { readContainer, readPodConfig } from "./container.ts";
import { memoryCalls } from "./memory_calls.ts";
import { stdinBytes, stdoutBytes } from "./own_pipes.ts";
import { Pod, StuckError } from "./pod.ts";
import { openServers } from "./servers.ts";
import type { HostConfig } from "../config/config.ts";
import { Reclaimer } from "../memory/reclaimer.ts";
import type { Spares } from "../isolate/place.ts";
import { Watchdog } from "./watchdog.ts";

const encoder = new TextEncoder();

/** Serves until the shim closes the pipe. `spares` has what was prepared while this file was loaded. */
export async function runHost(spares: Spares): Promise<void> {
  // Whatever a library prints must not end up among the control frames.
  console.log = console.error;
  const log = new Logger((line) => Deno.stderr.writeSync(encoder.encode(line)));
  confineSelf(log);
  const host = new Host(log, spares);
  try {
    await host.serve();
  } catch (error) {
    log.error(`control: ${(error as Error).message}`);
  }
  Deno.exit(0);
}

interface OpenPod {
  spec: PodSpec;
  node?: HostConfig;
  pod?: Promise<Pod>;
  /** Opening admin and actuator. */
  servers?: Ahead;
  watchdog?: Watchdog;
}

class Host implements ControlHandler {
  readonly #log: Logger;
  readonly #control: ControlServer;
  readonly #pods = new Map<string, OpenPod>();
  readonly #containers = new Map<string, HostFunction>();
  readonly #spares: Spares;
  readonly #reclaimer = new Reclaimer(() => memoryCalls);
  #wedged = false;

  constructor(log: Logger, spares: Spares) {
    this.#log = log;
    this.#spares = spares;
    this.#control = new ControlServer(stdoutBytes, this);
  }

  serve(): Promise<void> {
    return this.#control.serve(stdinBytes());
  }

  openPod(pod: string, spec: PodSpec): Promise<void> {
    if (this.#pods.has(pod)) {
      throw new ControlError("exists", `pod ${pod} is open`);
    }
    this.#pods.set(pod, { spec });
    return Promise.resolve();
  }

  async create(
    key: Key,
    spec: ContainerSpec,
    module: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const open = this.#pods.get(key.pod);
    if (!open) throw new ControlError("notFound", `pod ${key.pod} is not open`);
    if (this.#containers.has(keyName(key))) {
      throw new ControlError("exists", `container ${key.container} exists`);
    }
    const pod = await this.#podOf(open, key, spec).catch(invalid);
    const wanted = await readContainer(key, spec, module, {
      node: open.node,
      clusters: pod.options.clusters,
    }).catch(invalid);
    const fn = await pod.add(wanted).catch((error) => {
      // Its loop ends with this process only. The answer goes first: it is written before a timer runs.
      if (error instanceof StuckError) setTimeout(() => this.#leave(70), 0);
      return invalid(error);
    });
    this.#containers.set(keyName(key), fn);
  }

  /** Between Create and Start nobody waits for us: the time to open what takes 6 ms. Start tells what went wrong. */
  answered(type: string): void {
    if (type !== "create") return;
    for (const { servers } of this.#pods.values()) servers?.try();
  }

  async start(key: Key): Promise<void> {
    const fn = this.#container(key);
    if (fn.state !== "created") {
      throw new ControlError(
        "precondition",
        `container ${key.container} is ${fn.state}`,
      );
    }
    const pod = await this.#pod(key);
    try {
      this.#pods.get(key.pod)?.servers?.ensure();
    } catch (error) {
      invalid(error as Error);
    }
    await pod.start(fn).catch(invalid);
  }

  async signal(key: Key, signal: number): Promise<void> {
    const fn = this.#container(key);
    const status = statusOfSignal(signal);
    if (status === undefined || fn.state === "stopped") return;
    const ending = (await this.#pod(key)).stop(fn);
    // A signal that can be caught lets requests under way finish; SIGKILL waits for nothing.
    if (signal !== SIGKILL) await ending;
    this.#control.exited(key, status, "");
    await ending;
    await this.#leaveIfWedged();
  }

  async delete(key: Key): Promise<void> {
    const fn = this.#containers.get(keyName(key));
    if (!fn) return;
    this.#containers.delete(keyName(key));
    await (await this.#pod(key)).stop(fn);
    await this.#leaveIfWedged();
  }

  /** The shim asks every few seconds whether we live: a timer that is its, not ours. */
  pinged(): void {
    for (const { watchdog } of this.#pods.values()) watchdog?.look();
    this.#reclaimer.look();
  }

  input(key: Key, bytes: Uint8Array | undefined): void {
    const fn = this.#containers.get(keyName(key));
    fn?.isolate.input(fn.fn, bytes);
  }

  /** A pod's settings may stand in files that only its first container brings. */
  #podOf(open: OpenPod, key: Key, spec: ContainerSpec): Promise<Pod> {
    open.pod ??= this.#makePod(open, key, spec);
    open.pod.catch(() => open.pod = undefined);
    return open.pod;
  }

  async #makePod(open: OpenPod, key: Key, first: ContainerSpec): Promise<Pod> {
    const log = this.#podLog(key.pod);
    const { settings, stores, clusters, node } = await readPodConfig(
      open.spec,
      first,
      log,
    );
    open.node = node;
    log.level = settings["log-level"];
    const pod = new Pod({
      name: key.pod,
      settings,
      stores,
      clusters,
      log,
      several: false,
      spares: this.#spares,
      sink: this.#control,
      exited: (fn, status, reason) => this.#exited(pod, fn, status, reason),
      wedged: (fn) => {
        this.#wedged = true;
        log.error(
          `function ${fn.id} does not leave its loop; the host ends when nothing else runs in it`,
        );
      },
    });
    open.servers = new Ahead(() =>
      openServers(pod, new PodAdmin(pod), settings)
    );
    open.watchdog = new Watchdog(pod, (fn, silence) => {
      log.error(
        `function ${fn.id} has kept its isolate busy for ${silence} ms; the host ends`,
      );
      void this.#leave(70);
    });
    return pod;
  }

  /** Lines about a pod as a whole go to the log of its first container; where it has none, to our own stderr. */
  #podLog(pod: string): Logger {
    return this.#log.with({ pod }).to((line) => {
      for (const { key } of this.#containers.values()) {
        if (key.pod !== pod) continue;
        return this.#control.line(key, encoder.encode(line));
      }
      Deno.stderr.writeSync(encoder.encode(line));
    });
  }

  #pod(key: Key): Promise<Pod> {
    const pod = this.#pods.get(key.pod)?.pod;
    if (!pod) throw new ControlError("notFound", `pod ${key.pod} is not open`);
    return pod;
  }

  #container(key: Key): HostFunction {
    const fn = this.#containers.get(keyName(key));
    if (!fn) {
      throw new ControlError(
        "notFound",
        `container ${key.container} does not exist`,
      );
    }
    return fn;
  }

  async #exited(
    pod: Pod,
    fn: HostFunction,
    status: number,
    reason: string,
  ): Promise<void> {
    if (fn.state === "stopped") return;
    await pod.stop(fn);
    this.#control.exited(fn.key, status, reason);
  }

  /** A guest that loops ends with this process only, and this process only when no other function needs it. */
  async #leaveIfWedged(): Promise<void> {
    if (
      !this.#wedged ||
      [...this.#containers.values()].some((fn) => fn.state !== "stopped")
    ) return;
    await this.#leave(0);
  }

  async #leave(status: number): Promise<never> {
    await this.#control.flushed();
    Deno.exit(status);
  }
}

const SIGKILL = 9;

function invalid(error: Error): never {
  throw error instanceof ControlError
    ? error
    : new ControlError("invalid", error.message);
}
