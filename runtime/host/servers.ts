/** The host's own HTTP servers for one pod: admin and actuator. */
import {
  type ActuatorSource,
  handleActuator,
  type Health,
} from "../api/actuator.ts";
import { type FunctionAdmin, handleAdmin } from "../api/admin.ts";
import { guestMetrics } from "../api/guest_metrics.ts";
import { openApi } from "../api/serve.ts";
import { HostMetrics } from "../api/host_metrics.ts";
import type { HostFunction } from "../function/function.ts";
import type { Listener } from "../ingress/listener.ts";
import type { FunctionStats } from "../isolate/messages.ts";
import type { HostSettings } from "../settings/table.ts";
import { VERSION } from "../version.ts";
import type { Pod } from "./pod.ts";

/** @throws {Error} naming the address that cannot be had. */
export function openServers(
  pod: Pod,
  admin: FunctionAdmin,
  settings: HostSettings,
): Listener[] {
  const actuator = new Actuator(pod);
  const first = openApi(
    settings["admin-address"],
    settings["admin-port"],
    (request) => handleAdmin(request, admin),
  );
  try {
    const second = openApi(
      settings["actuator-address"],
      settings["actuator-port"],
      (request) => actuator.answer(request),
    );
    return [first, second];
  } catch (error) {
    first.close();
    throw error;
  }
}

class Actuator implements ActuatorSource {
  readonly version = VERSION;
  readonly compiled = "";
  readonly #pod: Pod;
  readonly #metrics: HostMetrics;
  readonly #counted = new Map<HostFunction, FunctionStats>();
  #instances: [string, number][] = [];

  constructor(pod: Pod) {
    this.#pod = pod;
    this.#metrics = new HostMetrics({
      instances: () => this.#instances,
      memory: () => Deno.memoryUsage().rss,
    });
  }

  async answer(request: Request): Promise<Response> {
    if (request.url.endsWith("/metrics")) await this.#collect();
    return await handleActuator(request, this);
  }

  liveness(): Record<string, Health> {
    return { runtime_startup: UP };
  }

  async readiness(): Promise<Record<string, Health>> {
    const health: Record<string, Health> = { runtime_startup: UP };
    for (const fn of this.#pod.functions) {
      if (fn.spec.kind === "command") continue;
      health[`function.${fn.id}`] = fn.state === "running"
        ? UP
        : down("INIT", `it is ${fn.state}`);
    }
    for (const [name, problem] of await this.#pod.stores.health()) {
      health[`state.${name}`] = problem === undefined
        ? UP
        : down("DOWN", problem);
    }
    return health;
  }

  metrics(): string {
    return this.#metrics.write() + guestMetrics(this.#pod.shared.metrics());
  }

  /** Isolates count for themselves; what is new since the last time is added here when somebody asks. */
  async #collect(): Promise<void> {
    const pods = this.#pod.functions.filter((fn) => fn.spec.kind === "plugin");
    this.#instances = [];
    for (const fn of pods) {
      const stats = await this.#pod.stats(fn);
      if (!stats) continue;
      this.#instances.push([fn.id, stats.instances]);
      this.#add(fn, stats);
      this.#counted.set(fn, stats);
    }
    for (const fn of [...this.#counted.keys()]) {
      if (!pods.includes(fn)) this.#counted.delete(fn);
    }
  }

  #add(fn: HostFunction, now: FunctionStats): void {
    const before = this.#counted.get(fn);
    const counted = new Map(before?.answers);
    let seconds = (now.milliseconds - (before?.milliseconds ?? 0)) / 1000;
    for (const [status, count] of now.answers) {
      const fresh = count - (counted.get(status) ?? 0);
      if (fresh <= 0) continue;
      this.#metrics.count(fn.id, status, seconds, fresh);
      seconds = 0;
    }
  }
}

const UP: Health = { status: "UP", details: { reason: "" } };

function down(status: "DOWN" | "INIT", reason: string): Health {
  return { status, details: { reason } };
}
