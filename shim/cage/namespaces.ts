/**
 * The namespaces of a pod's hosts: made once, kept as bind mounts, entered by the calling thread around one spawn.
 *
 * Namespaces belong to threads, and a new thread or process starts in those of whoever made it. So everything between
 * `unshare` and the way back is synchronous: an asynchronous call there could start a thread of Deno's pool in the
 * pod's namespaces, and with `NEWPID` pending could not start one at all.
 */
import { check, CLONE, close, libc, libcLater, MS, O, open } from "../libc.ts";
import { mount, unmount } from "../mounts.ts";
import { raiseLoopback } from "./loopback.ts";

/** The network a pod wants: the node's, that of a namespace's file (CNI made it), or a fresh one with `lo` alone. */
export type Network =
  | { kind: "host" }
  | { kind: "path"; path: string }
  | { kind: "fresh" };

type Kind = "mnt" | "uts" | "ipc" | "net" | "pid";

/** The kept namespaces of one pod. */
export class PodNamespaces {
  readonly #folder: string;
  readonly #network: Network["kind"];

  private constructor(folder: string, network: Network["kind"]) {
    this.#folder = folder;
    this.#network = network;
  }

  /**
   * Makes the namespaces and binds them to files in `folder`.
   * @throws {SystemError} when one cannot be had; the thread is back where it was.
   */
  static make(
    folder: string,
    network: Network,
    hostname: string,
  ): PodNamespaces {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keep = (name: string, source: string) => {
      const target = `${folder}/${name}`;
      Deno.writeTextFileSync(target, "");
      mount(source, target, "", MS.BIND);
    };
    try {
      if (network.kind === "path") keep("net", network.path);
      returning(["uts", "ipc", "net"], () => {
        const fresh = network.kind === "fresh" ? CLONE.NEWNET : 0;
        check(
          libc().unshare(CLONE.NEWUTS | CLONE.NEWIPC | fresh),
          "unshare",
          "uts, ipc and net",
        );
        if (hostname !== "") setHostname(hostname);
        if (fresh !== 0) raiseLoopback();
        keep("uts", "/proc/thread-self/ns/uts");
        keep("ipc", "/proc/thread-self/ns/ipc");
        if (fresh !== 0) keep("net", "/proc/thread-self/ns/net");
      });
    } catch (error) {
      removeNamespaces(folder);
      throw error;
    }
    return new PodNamespaces(folder, network.kind);
  }

  /**
   * Runs `work` in the pod's namespaces and in fresh mount and PID ones: what it spawns is process 1 there. `work` must
   * be synchronous. In its mount namespace `/` is slave to the node's, so nothing it mounts gets out.
   */
  enter<T>(work: () => T): T {
    return returning(["mnt", "uts", "ipc", "net", "pid"], () => {
      this.#join("uts", CLONE.NEWUTS);
      this.#join("ipc", CLONE.NEWIPC);
      if (this.#network !== "host") this.#join("net", CLONE.NEWNET);
      check(
        libc().unshare(CLONE.NEWNS | CLONE.NEWPID),
        "unshare",
        "mnt and pid",
      );
      mount("", "/", "", MS.SLAVE | MS.REC);
      return work();
    });
  }

  #join(name: string, flag: number): void {
    const path = `${this.#folder}/${name}`;
    const fd = open(path, O.RDONLY);
    try {
      check(libc().setns(fd, flag), "setns", path);
    } finally {
      close(fd);
    }
  }
}

/** Unmounts and removes the files that `PodNamespaces.make` left in `folder`; what is not there is no matter. */
export function removeNamespaces(folder: string): void {
  for (const name of ["net", "uts", "ipc"]) unmount(`${folder}/${name}`);
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Runs `work` and then brings this thread back into the namespaces of those kinds that it had. Only kinds that `work`
 * leaves: a thread that still shares its root folder with others may not even join its own mount namespace.
 */
function returning<T>(kinds: readonly Kind[], work: () => T): T {
  const home = kinds.map((kind) => ({
    kind,
    fd: open(`/proc/thread-self/ns/${kind}`, O.RDONLY),
  }));
  let failed = "";
  try {
    return work();
  } finally {
    for (const { kind, fd } of home) {
      if (libc().setns(fd, 0) !== 0) failed ||= kind;
      close(fd);
    }
    if (failed !== "") exitAstray(failed);
  }
}

/** A thread that cannot go back would do everything else in a pod's namespaces: better no daemon than that. */
function exitAstray(kind: string): never {
  console.error(`setns: no way back into the ${kind} namespace`);
  Deno.exit(70);
}

function setHostname(name: string): void {
  const bytes = new TextEncoder().encode(name);
  check(
    libcLater().sethostname(bytes, BigInt(bytes.length)),
    "sethostname",
    JSON.stringify(name),
  );
}
