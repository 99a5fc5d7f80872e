/** Load from wrk: one thread, some connections, a few seconds. */
import type { Bench } from "./bench.ts";
import { ask, mustBe } from "./ask.ts";
import type { Server } from "./server.ts";

export interface Load {
  connections: number;
  /** Seconds. */
  seconds: number;
  path?: string;
  id?: string;
  /** A body to send with each request, with POST. */
  sent?: string;
  /** The body that each answer must have. */
  body: string;
}

export interface Measured {
  /** Requests a second. */
  rate: number;
  /** Half of the answers came within: microseconds. */
  p50: number;
  /** CPU time of the server for one request: microseconds. */
  cpu: number;
}

/** Says what wrk counted in one line; run after the load, so that no request pays for it. */
const REPORT = `done = function(summary, latency)
  local e = summary.errors
  print(string.format("BENCH %d %d %d %d %d",
    summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50)))
end
`;

function requestWith(sent: string | undefined): string {
  if (sent === undefined) return "";
  return `wrk.method = "POST"\nwrk.body = ${JSON.stringify(sent)}\n`;
}

/** Puts a server under load. @throws {Error} on a wrong, lost or failed answer. */
export async function load(
  bench: Bench,
  server: Server,
  { connections, seconds, path = "/", id, sent, body }: Load,
): Promise<Measured> {
  const check = async () => {
    const answer = await ask(server.port, { path, id, sent });
    mustBe(`status of ${path}`, `${answer.status}`, "200");
    mustBe(`answer to ${path}`, answer.body, body);
  };
  await check();
  const script = `${bench.folder}/report.lua`;
  await Deno.writeTextFile(script, requestWith(sent) + REPORT);
  const before = server.cpu();
  const { success, stdout, stderr } = await new Deno.Command("wrk", {
    args: [
      "--threads=1",
      `--connections=${connections}`,
      `--duration=${seconds}s`,
      `--script=${script}`,
      ...(id === undefined ? [] : ["--header", `id: ${id}`]),
      `http://127.0.0.1:${server.port}${path}`,
    ],
    stdin: "null",
  }).output();
  const cpu = server.cpu() - before;
  const text = new TextDecoder().decode(stdout);
  const counted = /^BENCH (\d+) (\d+) (\d+) (\d+) (\d+)/m.exec(text);
  if (!success || !counted) {
    throw new Error(`wrk: ${new TextDecoder().decode(stderr)}${text}`);
  }
  const [requests = 0, duration = 0, bytes = 0, errors = 0, p50 = 0] = counted
    .slice(1).map(Number);
  mustBe("failed requests under load", `${errors}`, "0");
  checkSize(bytes / requests, body);
  await check();
  return {
    rate: requests / (duration / 1e6),
    p50,
    cpu: cpu * 1e6 / requests,
  };
}

/** An answer that is not `body` has another size: a head is 100 to 300 bytes here, whatever the server. */
function checkSize(found: number, body: string): void {
  const head = found - new TextEncoder().encode(body).length;
  if (head < 60 || head > 300) {
    throw new Error(
      `answers under load had ${found} bytes on average, expected ${body.length} and a head`,
    );
  }
}
