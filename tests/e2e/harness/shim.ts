/** The daemon behind a task: where it listens and which process it is. */
import {
  field,
  fields,
  frame,
  FrameType,
  RawTtrpc,
  request,
  response,
} from "./ttrpc.ts";
import type { World } from "./world.ts";

export interface Shim {
  /** As in the bundle's `address` file. */
  address: string;
  /** Process id inside the box, as the daemon says itself. */
  pid: number;
}

/** Asks the daemon that serves task `id` of the `ctr` namespace (or of `namespace`). */
export async function shimOf(
  { containerd, ctr }: World,
  id: string,
  namespace = ctr.namespace,
): Promise<Shim> {
  const bundle = bundleOf(containerd.folder, namespace, id);
  const address = await Deno.readTextFile(`${bundle}/address`);
  const connection = await RawTtrpc.connect(containerd.box, address);
  try {
    const call = request("containerd.task.v2.Task", "Connect", field(1, id));
    await connection.send(frame(1, FrameType.request, call));
    const reply = await connection.receive();
    if (!reply) throw new Error(`${address} closed instead of answering`);
    const { code, message, payload } = response(reply.payload);
    if (code !== 0) throw new Error(`Connect ${id}: ${code} ${message}`);
    return { address, pid: Number(fields(payload).get(1)) };
  } finally {
    connection.close();
  }
}

/** The bundle of a task. */
export function bundleOf(
  folder: string,
  namespace: string,
  id: string,
): string {
  return `${folder}/state/io.containerd.runtime.v2.task/${namespace}/${id}`;
}
