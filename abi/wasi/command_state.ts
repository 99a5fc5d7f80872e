/** What the host calls of one command share. */
import type { GuestHost } from "../host.ts";
import { GuestMemory } from "../memory.ts";
import { Descriptors } from "./descriptors.ts";
import { Stdin } from "./stdin.ts";
import type { WasiState } from "./types.ts";

export class CommandState implements WasiState {
  readonly memory = new GuestMemory();
  exitCode: number | undefined;
  readonly descriptors: Descriptors;
  readonly stdin: Stdin;

  constructor(
    readonly host: GuestHost,
    readonly args: readonly string[],
    readonly env: readonly string[],
  ) {
    this.descriptors = new Descriptors(host.files?.preopens ?? []);
    this.stdin = new Stdin(host);
  }
}
