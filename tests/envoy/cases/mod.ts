/** Every case, by theme. */
import type { Case } from "../case.ts";
import { BUFFERS } from "./buffers.ts";
import { CALLS } from "./calls.ts";
import { CHAINS } from "./chains.ts";
import { FAILURES } from "./failures.ts";
import { HEADERS } from "./headers.ts";
import { LOCAL } from "./local.ts";
import { ORDER } from "./order.ts";
import { PAUSES } from "./pauses.ts";
import { POINTERS } from "./pointers.ts";
import { PROPERTIES } from "./properties.ts";
import { LIBC, SDK } from "./sdk.ts";
import { STOPS } from "./stops.ts";

export const THEMES: Record<string, readonly Case[]> = {
  order: ORDER,
  pauses: PAUSES,
  stops: STOPS,
  local: LOCAL,
  buffers: BUFFERS,
  headers: HEADERS,
  failures: FAILURES,
  calls: CALLS,
  properties: PROPERTIES,
  pointers: POINTERS,
  chains: CHAINS,
  sdk: [...SDK, ...LIBC],
};
