/**
 * Health, info and metrics over HTTP, in the shapes of Layotto's actuator (ABI.md §5.9). Pure: a request and an interface
 * in, an answer out. A probe reads the status: 200 when all is up, 503 when something is not.
 */
import { within } from "../../proto/after.ts";

/** How a part is. */
export interface Health {
  status: "UP" | "DOWN" | "INIT";
  /** For people; `reason` says why a part is not up. Holds no secret. */
  details?: Record<string, unknown>;
}

/** What the actuator needs of the host. */
export interface ActuatorSource {
  /** Parts without which the host is to be restarted, by name. */
  liveness(): Promise<Record<string, Health>> | Record<string, Health>;
  /** Parts without which it is to get no requests, by name: start-up, each component, each function. */
  readiness(): Promise<Record<string, Health>> | Record<string, Health>;
  version: string;
  /** When this program was built, "" where that is unknown. */
  compiled: string;
  /** The text of `/metrics`. */
  metrics(): string;
}

/** How long a report may take before the answer is that it did not come, milliseconds: half of what probes allow. */
const PATIENCE = 500;

/** Answers one request of the actuator listener. Never rejects. */
export async function handleActuator(
  request: Request,
  source: ActuatorSource,
  patience = PATIENCE,
): Promise<Response> {
  const [room, name, kind] = new URL(request.url).pathname.split("/").filter((
    part,
  ) => part !== "");
  if (room === "metrics" && name === undefined) {
    return new Response(source.metrics(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  }
  if (room !== "actuator") return json(404);
  switch (name) {
    case "health":
      if (kind === "liveness" || kind === "readiness") {
        return await health(kind, source, patience);
      }
      return json(500, {});
    case "info":
      return json(200, {
        app: {
          name: "Layotto",
          version: source.version,
          compiled: source.compiled,
        },
      });
  }
  return json(404);
}

async function health(
  kind: "liveness" | "readiness",
  source: ActuatorSource,
  patience: number,
): Promise<Response> {
  const components = await report(kind, source, patience);
  const states = Object.values(components).map((health) => health.status);
  const status = states.includes("DOWN")
    ? "DOWN"
    : states.includes("INIT")
    ? "INIT"
    : "UP";
  return json(status === "UP" ? 200 : 503, { components, status });
}

async function report(
  kind: "liveness" | "readiness",
  source: ActuatorSource,
  patience: number,
): Promise<Record<string, Health>> {
  try {
    return await within(patience, Promise.resolve(source[kind]())) ??
      down(kind, `no report within ${patience} ms`);
  } catch (error) {
    return down(kind, error instanceof Error ? error.message : String(error));
  }
}

function down(name: string, reason: string): Record<string, Health> {
  return { [name]: { status: "DOWN", details: { reason } } };
}

function json(status: number, body?: unknown): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });
}
