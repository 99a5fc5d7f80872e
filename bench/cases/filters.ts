/** A request through all callbacks of compiled plugins, beside a bare `Deno.serve`; and what a second isolate gives. */
import { guestPath } from "../../tests/sdk/build.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGuest, whyNoPlugins } from "../harness/compile.ts";
import { startOurs } from "../harness/envoy_pair.ts";
import { startBare, startLayotto } from "../harness/laptop.ts";
import { baseline } from "../harness/paths.ts";
import { figure, type Row } from "../harness/row.ts";
import type { Server } from "../harness/server.ts";
import { load, type Measured } from "../harness/wrk.ts";

const ROUNDS = 4;
const LOAD = { connections: 32, seconds: 1, body: "hello" };
/** Times round the loop of the function that computes. */
const COMPUTED = 200_000;
const LANGUAGES = { go: "Go", rust: "Rust" };

export const filters: Case = {
  name: "filters",
  wantsContainerd: false,
  whyNot: whyNoPlugins,
  run: async (bench) => [
    ...await measureCallbacks(bench),
    ...await measureIsolates(bench),
  ],
};

/** What is measured in turn: a server and what it is asked. */
interface Side {
  server: Server;
  sent?: string;
  samples: Measured[];
}

async function measureCallbacks(bench: Bench): Promise<Row[]> {
  const bare = await startBare(bench, baseline("serve.js"));
  const reading = await startBare(bench, baseline("serve_body.js"));
  const servers = [bare, reading];
  try {
    const get: Side = { server: bare, samples: [] };
    const post: Side = { server: reading, sent: "a body", samples: [] };
    const ours: [language: string, got: Side, posted: Side][] = [];
    for (const [guest, language] of Object.entries(LANGUAGES)) {
      const plugin = await guestPath(guest);
      const server = await startOurs(bench, { plugin, configuration: "none" });
      servers.push(server);
      ours.push([
        language,
        { server, samples: [] },
        { server, sent: "a body", samples: [] },
      ]);
    }
    const sides = [get, post, ...ours.flatMap(([, ...both]) => both)];
    await measureInTurn(bench, sides);
    return ours.flatMap(([language, got, posted]) => [
      ...rows(
        `filter-${language.toLowerCase()}`,
        `${language} plugin, callbacks for the headers of a request and for headers and body of its answer`,
        "bare `Deno.serve`",
        get,
        got,
      ),
      ...rows(
        `filter-${language.toLowerCase()}-body`,
        `${language} plugin, the same with a request that has a body`,
        "bare `Deno.serve` that reads the body",
        post,
        posted,
      ),
    ]);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** @param theirs the baseline. */
function rows(
  id: string,
  what: string,
  baseline: string,
  theirs: Side,
  ours: Side,
): Row[] {
  const of = ({ samples }: Side, key: keyof Measured) =>
    figure(samples.map((it) => it[key]));
  return [{
    id: `${id}-rate`,
    what: `${what}; one isolate, 32 clients`,
    baseline,
    unit: "requests/s",
    theirs: of(theirs, "rate"),
    ours: of(ours, "rate"),
    budget: { of: "ratio", bound: "at least", limit: 0.4 },
  }, {
    id: `${id}-cpu`,
    what: "CPU time of the server for one of those",
    baseline,
    unit: "µs",
    theirs: of(theirs, "cpu"),
    ours: of(ours, "cpu"),
  }];
}

/** What a second isolate gives: to a plugin, whose load generator needs a core too, and where functions compute. */
async function measureIsolates(bench: Bench): Promise<Row[]> {
  const cores = navigator.hardwareConcurrency;
  const on = `in two isolates, on ${cores} cores of which the load generator ` +
    "takes its part";
  const compute = await compileGuest(bench, "compute", {
    ROUNDS: `${COMPUTED}`,
  });
  return [
    ...await growth(bench, {
      id: "isolates",
      path: compute,
      what: `function that computes for 0.1 ms and more, ${on}`,
      limit: cores > 2 ? 1.6 : 1.2,
    }),
    ...await growth(bench, {
      id: "filter-isolates",
      path: await guestPath("go"),
      what: `Go plugin ${on}`,
    }),
  ];
}

async function growth(
  bench: Bench,
  { id, path, what, limit }: {
    id: string;
    path: string;
    what: string;
    limit?: number;
  },
): Promise<Row[]> {
  const sides: Side[] = [];
  try {
    for (const isolates of [1, 2]) {
      // Alone it answers with nothing, which is all that is wanted here.
      const server = await startLayotto(bench, {
        functions: { fn: { path, isolates, "log-level": "warn" } },
      });
      sides.push({ server, samples: [] });
    }
    await measureInTurn(bench, sides, { ...LOAD, body: "", connections: 64 });
    const [one, two] = sides.map(({ samples }) => samples);
    const of = (samples: Measured[] | undefined, key: keyof Measured) =>
      figure((samples ?? []).map((it) => it[key]));
    return [{
      id: `${id}-rate`,
      what,
      baseline: "in one isolate",
      unit: "requests/s",
      theirs: of(one, "rate"),
      ours: of(two, "rate"),
      ...limit && { budget: { of: "ratio", bound: "at least", limit } },
    }, {
      id: `${id}-cpu`,
      what: "CPU time of the server for one of those",
      baseline: "in one isolate",
      unit: "µs",
      theirs: of(one, "cpu"),
      ours: of(two, "cpu"),
    }];
  } finally {
    for (const { server } of sides) await server.stop();
  }
}

/** Each side in turn, `ROUNDS` times; the first load lets V8 compile what is hot. */
async function measureInTurn(
  bench: Bench,
  sides: Side[],
  wanted = LOAD,
): Promise<void> {
  for (let round = -1; round < ROUNDS; round++) {
    for (const { server, sent, samples } of sides) {
      const measured = await load(bench, server, { ...wanted, sent });
      if (round >= 0) samples.push(measured);
    }
  }
}
