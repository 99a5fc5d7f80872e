/** Who answers for a chain: limits, our own answers, counters. */
import type { WireResponse } from "../../messages.ts";
import { errorAnswer } from "../../../ingress/answers.ts";
import type { LocalFunction } from "../function.ts";

export interface Answerer {
  readonly spec: {
    readonly bodyLimit: number;
    readonly requestTimeout: number;
  };
  readonly ours: LocalFunction["ours"];
  count(status: number, started: number): void;
  tooLarge(): WireResponse;
}

/** The chain's first function, or nobody in particular where there is none. */
export function answererOf(
  { functions }: { functions: readonly LocalFunction[] },
): Answerer {
  return functions[0] ?? NOBODY;
}

const NOBODY: Answerer = {
  spec: { bodyLimit: Infinity, requestTimeout: 300_000 },
  ours: { log() {} },
  count() {},
  tooLarge: () => errorAnswer(413, "the request body is too large"),
};
