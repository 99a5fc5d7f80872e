/** Opens stores as the host does, and keeps their log lines. */
import type { StateType } from "../../../../runtime/config/config.ts";
import { Logger } from "../../../../runtime/log.ts";
import {
  openState,
  type StateComponent,
} from "../../../../runtime/components/state/registry.ts";

export interface Opened extends StateComponent, AsyncDisposable {
  /** Log lines so far. */
  lines: string[];
}

/** The store `state_demo` of a type; it is closed where it is disposed of. */
export async function openStore(
  type: StateType,
  metadata: Record<string, string> = {},
  options: { data?: string; appId?: string; name?: string } = {},
): Promise<Opened> {
  const lines: string[] = [];
  const component = await openState(
    options.name ?? "state_demo",
    { type, metadata, place: "c.json: state.state_demo" },
    {
      data: options.data ?? "/nonexistent",
      appId: options.appId ?? "",
      log: new Logger((line) => lines.push(line), "debug"),
    },
  );
  return {
    ...component,
    lines,
    [Symbol.asyncDispose]: () => component.store.close(),
  };
}

export const bytes = (text: string) => new TextEncoder().encode(text);

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}
