/** HTTP requests to functions: on a pod's address, or inside the network of a task that has no address outside. */
import assert from "node:assert/strict";
import type { World } from "./world.ts";

/** Where functions answer. */
export const FUNCTION_PORT = 2045;

export interface Answer {
  status: number;
  body: string;
}

/** A request to a pod. Errors (refused, reset, no answer in 20 s) are thrown. */
export async function ask(
  address: string,
  { path = "/", id, ...init }: RequestInit & { path?: string; id?: string } =
    {},
): Promise<Answer> {
  const headers = new Headers(init.headers);
  if (id !== undefined) headers.set("id", id);
  const response = await fetch(`http://${address}:${FUNCTION_PORT}${path}`, {
    signal: AbortSignal.timeout(20_000),
    ...init,
    headers,
  });
  return { status: response.status, body: await response.text() };
}

/** A GET on a connection of its own, without anything that asks again. Whatever goes wrong is thrown. */
export async function askAlone(address: string, id: string): Promise<Answer> {
  const conn = await Deno.connect({ hostname: address, port: FUNCTION_PORT });
  try {
    const request = `GET / HTTP/1.1\r\nHost: ${address}\r\nid: ${id}\r\n` +
      "Connection: close\r\n\r\n";
    await conn.write(new TextEncoder().encode(request));
    const text = await new Response(conn.readable).text();
    const status = /^HTTP\/1.1 (\d+) /.exec(text)?.[1];
    if (status === undefined) {
      throw new Error(`closed after ${text.length} bytes`);
    }
    return { status: Number(status), body: text.split("\r\n\r\n", 2)[1] ?? "" };
  } finally {
    // The stream closes the connection when it has been read to its end.
    try {
      conn.close();
    } catch { /* closed already */ }
  }
}

/**
 * A GET inside the network namespace of a task; must be answered with 200.
 * @param pid the task's process, an id inside the box.
 */
export async function askInside(
  { containerd }: World,
  pid: number,
  headers: Record<string, string> = {},
): Promise<string> {
  const lines = Object.entries({ Host: "localhost", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  // bash opens the connection: no other program that speaks HTTP is sure to be there.
  const script = `exec 3<>/dev/tcp/127.0.0.1/${FUNCTION_PORT} || exit 1
    printf '%s' "$1" >&3
    cat <&3`;
  const request = `GET / HTTP/1.1\r\nConnection: close\r\n${lines}\r\n`;
  const { code, stdout, stderr } = await containerd.box.runInNetworkOf(pid, [
    "bash",
    "-c",
    script,
    "ask",
    request,
  ]);
  assert.equal(
    code,
    0,
    `no answer in the network of process ${pid}: ${stderr}`,
  );
  const [head = "", body = ""] = stdout.split("\r\n\r\n", 2);
  assert.match(head, /^HTTP\/1.1 200 /, stdout);
  return body;
}
