/** The stores there are where no file says otherwise. */
import type { StoreConfig } from "../config/config.ts";

/** Layotto's quickstart asks for `state_demo`: it is the embedded store unless a configuration has it. */
export function withDefaultStores(
  configured: Readonly<Record<string, StoreConfig>>,
): Record<string, StoreConfig> {
  return {
    state_demo: {
      type: "sqlite",
      metadata: {},
      place: "default: state.state_demo",
    },
    ...configured,
  };
}
