/** Numbers that look random and are the same in every run: below the argument, from 0 up. */
export type Random = (below: number) => number;

export { randomSource } from "../../abi/proxywasm/shared/random.ts";
