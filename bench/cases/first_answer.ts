/** From `ctr run` to the first HTTP answer: the hello function under us, a static C server under runc. */
import type { Bench, Case } from "../harness/bench.ts";
import { compileC } from "../harness/compile.ts";
import { interleave } from "../harness/interleave.ts";
import { type Kind, Pods } from "../harness/pods.ts";
import { figure, type Row } from "../harness/row.ts";

const COLD_ROUNDS = 3;
const WARM_ROUNDS = 12;
const CROWD = 20;
const CROWD_ROUNDS = 3;

export const firstAnswer: Case = {
  name: "first-answer",
  wantsContainerd: true,
  run: measureFirstAnswer,
};

async function measureFirstAnswer(bench: Bench): Promise<Row[]> {
  const server = await compileC(bench, "server");
  const cold = await interleave(
    COLD_ROUNDS,
    () => firstOf("runc", server),
    () => firstOf("ours", server),
  );
  const pods = await Pods.open(server);
  try {
    const one = (kind: Kind, count: number) => async () => {
      const time = await pods.run(kind, count);
      await pods.clear();
      return time;
    };
    await one("runc", 1)();
    await one("ours", 1)();
    const warm = await interleave(WARM_ROUNDS, one("runc", 1), one("ours", 1));
    const crowd = await interleave(
      CROWD_ROUNDS,
      one("runc", CROWD),
      one("ours", CROWD),
    );
    return [
      row("first-answer-warm", "`ctr run` to the first HTTP answer", warm),
      row(
        "first-answer-cold",
        "the same, the first of a new containerd",
        cold,
      ),
      row(
        "first-answer-crowd",
        `${CROWD} \`ctr run\` at once, until all have answered`,
        crowd,
      ),
    ];
  } finally {
    await pods.close();
  }
}

/** The very first container of a containerd. */
async function firstOf(kind: Kind, server: string): Promise<number> {
  const pods = await Pods.open(server);
  try {
    const time = await pods.run(kind);
    await pods.clear();
    return time;
  } finally {
    await pods.close();
  }
}

function row(
  id: string,
  what: string,
  { theirs, ours }: { theirs: number[]; ours: number[] },
): Row {
  return {
    id,
    what,
    baseline: "static C server under runc",
    unit: "ms",
    theirs: figure(theirs),
    ours: figure(ours),
    budget: { of: "ratio", bound: "at most", limit: 1 },
  };
}
