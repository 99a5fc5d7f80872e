/** Functions that come and go while the host runs (ABI.md §5.7): what the admin API does here. */
import { within } from "../../proto/after.ts";
import type { FunctionAdmin, InstallSpec } from "../api/admin.ts";
import { annotationLayers, fileLayer } from "../settings/layers.ts";
import { resolveFunction } from "../settings/resolve.ts";
import { buildFunction } from "./build_function.ts";
import { MAX_MODULE } from "../control/server.ts";
import { layottoPairs } from "./layotto_pairs.ts";
import type { Pod } from "./pod.ts";

/** Milliseconds that an update waits for instances. */
const PATIENCE = 1000;

export class PodAdmin implements FunctionAdmin {
  readonly #pod: Pod;

  constructor(pod: Pod) {
    this.#pod = pod;
  }

  isRegistered(id: string): boolean {
    return this.#pod.find(id) !== undefined;
  }

  async install(spec: InstallSpec): Promise<void> {
    const settings = resolveFunction([
      fileLayer("file", {
        instances: spec.instances ?? navigator.hardwareConcurrency,
      }, "request: "),
      ...annotationLayers({}),
    ]).values;
    const wanted = await buildFunction({
      key: {
        pod: this.#pod.options.name,
        container: `admin/${spec.name}`,
        exec: "",
      },
      name: spec.name,
      path: spec.path,
      bytes: await readModule(spec.path),
      settings,
      clusters: this.#pod.options.clusters,
      vmConfiguration: layottoPairs(spec.vmFields),
      pluginConfiguration: layottoPairs(spec.pluginFields),
      args: [spec.path],
      env: [],
      entry: "",
      preopens: [],
      roots: [],
      stdin: false,
    });
    await this.#pod.start(await this.#pod.add(wanted));
  }

  async uninstall(id: string): Promise<void> {
    const fn = this.#pod.find(id);
    if (fn) await this.#pod.stop(fn);
  }

  /** Resolves when there are so many, or after a second while the rest is made. */
  async update(id: string, instances: number): Promise<void> {
    const fn = this.#pod.find(id);
    if (!fn) return;
    try {
      await within(PATIENCE, fn.isolate.resize(fn.fn, instances));
    } catch {
      // As it would have been a moment later.
      throw new Error(`${id} is not registered`);
    }
  }
}

/** Reads a module's file. @throws {Error} naming the path: no regular file, one that is too large or cannot be read. */
export async function readModule(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A device or a pipe has no end, or none that comes by itself.
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error("found no regular file");
    if (size > MAX_MODULE) {
      throw new Error(`found ${size} bytes, expected at most ${MAX_MODULE}`);
    }
    return await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new Error(`${path}: the module cannot be read: ${why}`);
  }
}
