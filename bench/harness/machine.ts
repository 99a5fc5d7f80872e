/** What the figures were measured on. */
export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  kernel: string;
  deno: string;
  /** Runnable processes over the last minute: what else went on. */
  load: string;
}

export async function describeMachine(): Promise<Machine> {
  const cpus = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return {
    date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    cpu: /^model name\s*: (.*)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    load: Deno.loadavg()[0]?.toFixed(1) ?? "unknown",
  };
}
