/**
 * The section `chain`: functions in front of one service, which requests go through in this order and responses in reverse.
 *
 *     "chain": { "functions": ["auth", "limits"], "upstream": "http://127.0.0.1:8080" }
 */
import { type ClusterConfig, clusterOf } from "../upstream/cluster_config.ts";
import { parseTarget } from "../upstream/target.ts";
import { type Check, join } from "./check.ts";

export interface ChainConfig {
  /** Names of functions of the file, each once. */
  functions: string[];
  /** A cluster's name. */
  upstream: string;
}

/**
 * The chain in `value`, where there is one. An upstream that is an address becomes a cluster of `clusters` by that name.
 */
export function readChain(
  check: Check,
  value: unknown,
  functions: readonly string[],
  clusters: Record<string, ClusterConfig>,
): ChainConfig | undefined {
  if (value === undefined) return undefined;
  const path = "chain";
  const chain = check.object(value, path);
  check.keys(chain, ["functions", "upstream"], path);
  const names = Array.isArray(chain.functions) ? chain.functions : [];
  const at = join(path, "functions");
  const all = `the names of all functions of the file, each once: ${
    functions.join(", ")
  }`;
  const wanted = new Set(names);
  if (
    names.length !== functions.length ||
    functions.some((name) => !wanted.has(name))
  ) check.expected(at, chain.functions, all);
  const upstream = check.text(chain.upstream, join(path, "upstream")) ?? "";
  if (!Object.hasOwn(clusters, upstream)) {
    const target = parseTarget(upstream);
    if (target === undefined || target.scheme === "tcp") {
      check.expected(
        join(path, "upstream"),
        chain.upstream,
        "http://host:port, https://host:port or the name of a cluster",
      );
    } else clusters[upstream] = clusterOf(target);
  }
  return { functions: names.map(String), upstream };
}
