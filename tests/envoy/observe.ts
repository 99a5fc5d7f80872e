/** Runs cases against a proxy and tells what happened, as text that a person reads and a test compares. */
import type { Case, Piece } from "./case.ts";
import { pluginName } from "./bootstrap.ts";
import { type Answer, converse, talk } from "./client.ts";
import type { Proxy } from "./envoy.ts";
import type { Arrived, Upstream } from "./upstream.ts";

/** What happened in one case, part by part. */
export interface Observation {
  /** What the plugins logged, in order; other lines of the log from warning up. */
  plugin: string[];
  /** What the upstream got, request by request, in the order of the texts. */
  upstream: string[][];
  /** What the client got, connection by connection. */
  client: string[][];
}

/** Fields that differ from run to run, or that no plugin sees the reason of. */
const MASKED = /^(date|server|x-request-id|x-envoy-[a-z-]+):.*$/i;

/** Runs one case; nothing else may use the proxy meanwhile. `starts` keeps what was logged between the cases. */
export async function observe(
  one: Case,
  proxy: Proxy,
  services: { upstream: Upstream; talker: Upstream },
  starts: string[],
): Promise<Observation> {
  const service = one.kind === "tcp" ? services.talker : services.upstream;
  service.take();
  const port = await proxy.port(one.name);
  starts.push(...proxy.take());
  const early = lastStart(starts.flatMap((line) => said(line, one)));
  const client: string[][] = [];
  for (const pieces of one.connections) {
    client.push(
      told(
        await ask(one, port, pieces).catch((error) => ({
          head: "",
          body: String(error.message),
          trailers: "",
          end: "cut" as const,
        })),
      ),
    );
  }
  await pause(one.linger ?? 120);
  const log = proxy.take().flatMap((line) => said(line, one));
  const all = [...one.start ? early : [], ...log];
  const lines = one.once ? [...new Set(all)] : all;
  return {
    plugin: lines.filter((line) => one.keep?.test(line) ?? true),
    // In no order: what is sent at once may arrive either way round.
    upstream: service.take().map(toldRequest).sort(),
    client,
  };
}

/** A plugin's line: the words before its message, which are name, root id and VM id, the name only in a stream. */
function parsed(line: string): [words: string[], message: string] | undefined {
  const mark = "wasm log ";
  const at = line.indexOf(mark);
  const end = line.indexOf(": ", at);
  if (at < 0 || end < 0) return undefined;
  return [line.slice(at + mark.length, end).split(" "), line.slice(end + 2)];
}

/** Whether a filter of this case said the line: timers of earlier cases go on. */
function isOf(one: Case, words: string[]): boolean {
  return one.filters.some((filter, n) =>
    words.includes(pluginName(one, n)) ||
    filter.vmId !== undefined && words.at(-1) === filter.vmId
  );
}

function said(line: string, one: Case): string[] {
  const found = parsed(line);
  if (found) {
    const [words, message] = found;
    if (!isOf(one, words)) return [];
    if (one.filters.length === 1) return [masked(message)];
    const n = one.filters.findIndex((_, n) =>
      words.includes(pluginName(one, n))
    );
    return [`${n < 0 ? "root" : n + 1}| ${masked(message)}`];
  }
  const host = /^\[(warning|error|critical)\]\[wasm\] (.*)$/.exec(line);
  return host ? [`host ${host[1]}: ${host[2]}`] : [];
}

/** What differs from run to run. */
function masked(message: string): string {
  return message
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
    .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, "<date>")
    .replace(/(x-envoy-upstream-service-time)=\d+/g, "$1=<ms>")
    .replace(/\b(plugin\.ts|http\.rs)\b[:(]\d+:\d+\)?/, "$1:<line>")
    .replace(/(prop connection_id -> 0) ".*"/, "$1 <id>");
}

/** Envoy starts a plugin three times (a trial, the main thread, the worker): what counts is the last. */
function lastStart(lines: string[]): string[] {
  const part = (from: number, to: number) => lines.slice(from, to).join("\n");
  for (let n = Math.floor(lines.length / 3); n > 0; n--) {
    const first = part(0, n);
    if (first !== part(n, 2 * n) || first !== part(2 * n, 3 * n)) continue;
    return lines.slice(2 * n);
  }
  return lines;
}

function ask(one: Case, port: number, pieces: Piece[]): Promise<Answer> {
  return one.kind === "tcp" ? talk(port, pieces) : converse(port, pieces);
}

function told({ head, body, trailers, end }: Answer): string[] {
  return [
    ...fields(head),
    ...body === "" ? [] : [`body ${shown(body)}`],
    ...fields(trailers).map((line) => `trailer ${line}`),
    `end: ${end}`,
  ];
}

function toldRequest({ head, body, trailers, whole }: Arrived): string[] {
  return told({ head, body, trailers, end: whole ? "whole" : "cut" });
}

function fields(head: string): string[] {
  return head.split("\r\n").filter((line) => line !== "" && !MASKED.test(line));
}

function shown(body: string): string {
  const text = JSON.stringify(body);
  return text.length <= 200
    ? text
    : `${text.slice(0, 60)}… ${body.length} bytes`;
}

/** The observation with its case, as the recording has it. */
export function written(one: Case, seen: Observation): string {
  const indent = (lines: string[]) => lines.map((line) => `    ${line}\n`);
  const filters = one.filters.flatMap((filter, n) => [
    `filter${one.filters.length > 1 ? ` ${n + 1}` : ""}${
      filter.guest ? ` ${filter.guest}` : ""
    }${filter.failOpen ? " (fail_open)" : ""}${
      filter.headersAlone ? " (allow_on_headers_stop_iteration)" : ""
    }\n`,
    ...indent(filter.configuration.split("\n")),
  ]);
  return [
    `== ${one.name}${one.answer === "direct" ? " (direct_response)" : ""}\n`,
    ...filters,
    ...one.connections.flatMap((pieces) => [
      "sends\n",
      ...indent(
        pieces.map((piece) =>
          typeof piece === "number" ? `(${piece} ms)` : shown(piece)
        ),
      ),
    ]),
    "plugin\n",
    ...indent(seen.plugin),
    ...seen.upstream.flatMap((lines) => ["upstream got\n", ...indent(lines)]),
    ...seen.client.flatMap((lines) => ["client got\n", ...indent(lines)]),
  ].join("");
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
