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

/**
 * A GET inside the network namespace of a task; must be answered with 200.
 * @param pid the task's process, an id inside the box.
 */
export async function askInside(
  { containerd }: World,
  pid: number,
  headers: Record<string, string> = {},
): Promise<string> {
  const lines = Object.entries(headers)
    .flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  const url = `http://127.0.0.1:${FUNCTION_PORT}/`;
  const { code, stdout, stderr } = await containerd.box.runInNetworkOf(pid, [
    "busybox",
    "wget",
    "-q",
    "-T",
    "20",
    ...lines,
    "-O",
    "-",
    url,
  ]);
  assert.equal(code, 0, `no answer from ${url} of process ${pid}: ${stderr}`);
  return stdout;
}
