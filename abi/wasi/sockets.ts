/** Sockets: no descriptor of a command is one. */
import type { HostCallTable } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import { Errno } from "./types.ts";

export const COMMAND_SOCKETS: HostCallTable<CommandState> = {
  sock_accept: noSocket,
  sock_recv: noSocket,
  sock_send: noSocket,
  sock_shutdown: noSocket,
};

/** `(fd, …)`: 57; 8 where there is not even a descriptor. */
function noSocket({ descriptors }: CommandState) {
  return (fd: number): Errno =>
    descriptors.get(fd >>> 0) === undefined ? Errno.badf : Errno.notsock;
}
