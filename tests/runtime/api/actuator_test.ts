import assert from "node:assert/strict";
import {
  type ActuatorSource,
  handleActuator,
  type Health,
} from "../../../runtime/api/actuator.ts";

const UP: Health = { status: "UP", details: { reason: "" } };

const SOURCE: ActuatorSource = {
  liveness: () => ({ runtime_startup: UP }),
  readiness: () => ({ runtime_startup: UP, state_demo: UP }),
  version: "1.2.3",
  compiled: "2026-01-01T00:00:00Z",
  metrics: () => "# the metrics\n",
};

async function get(path: string, source: Partial<ActuatorSource> = {}) {
  const response = await handleActuator(
    new Request(`http://127.0.0.1:34999${path}`),
    { ...SOURCE, ...source },
    50,
  );
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: await response.text(),
  };
}

Deno.test("liveness and readiness are status 200 with each part while all is up", async () => {
  assert.deepEqual(await get("/actuator/health/liveness"), {
    status: 200,
    type: "application/json",
    body:
      '{"components":{"runtime_startup":{"status":"UP","details":{"reason":""}}},"status":"UP"}',
  });
  const { status, body } = await get("/actuator/health/readiness/");
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(JSON.parse(body).components), [
    "runtime_startup",
    "state_demo",
  ]);
});

Deno.test("a part that is down makes status 503, and its reason is there", async () => {
  const down: Health = { status: "DOWN", details: { reason: "refused" } };
  const { status, body } = await get("/actuator/health/readiness", {
    readiness: () => ({ a: { status: "INIT" }, b: UP, c: down }),
  });
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(body), {
    components: { a: { status: "INIT" }, b: UP, c: down },
    status: "DOWN",
  });
});

Deno.test("a part that starts makes status 503 and INIT", async () => {
  const { status, body } = await get("/actuator/health/readiness", {
    readiness: () => ({ a: { status: "INIT" }, b: UP }),
  });
  assert.equal(status, 503);
  assert.equal(JSON.parse(body).status, "INIT");
});

Deno.test("a report that fails or does not come is down, with the reason", async () => {
  const failing = await get("/actuator/health/readiness", {
    readiness: () => Promise.reject(new Error("broken")),
  });
  assert.equal(failing.status, 503);
  assert.deepEqual(JSON.parse(failing.body).components.readiness, {
    status: "DOWN",
    details: { reason: "broken" },
  });
  const silent = await get("/actuator/health/liveness", {
    liveness: () => new Promise(() => {}),
  });
  assert.equal(silent.status, 503);
  assert.match(silent.body, /no report within 50 ms/);
});

Deno.test("info has the version", async () => {
  const { status, body } = await get("/actuator/info");
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), {
    app: {
      name: "Layotto",
      version: "1.2.3",
      compiled: "2026-01-01T00:00:00Z",
    },
  });
});

Deno.test("an unknown indicator is status 500 with an empty object", async () => {
  for (const path of ["/actuator/health", "/actuator/health/mood"]) {
    assert.deepEqual(await get(path), {
      status: 500,
      type: "application/json",
      body: "{}",
    });
  }
});

Deno.test("an unknown endpoint is status 404 with an empty body", async () => {
  for (const path of ["/", "/actuator", "/actuator/logs", "/metrics/x", "/x"]) {
    assert.deepEqual(await get(path), {
      status: 404,
      type: "application/json",
      body: "",
    }, path);
  }
});

Deno.test("metrics have the type that Prometheus asks for", async () => {
  assert.deepEqual(await get("/metrics"), {
    status: 200,
    type: "text/plain; version=0.0.4; charset=utf-8",
    body: "# the metrics\n",
  });
});
