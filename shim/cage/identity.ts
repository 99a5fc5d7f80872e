/** Which user a host runs as. */
import type { Spec } from "../bundle.ts";

/** User and groups of a host. */
export interface Identity {
  uid: number;
  gid: number;
  /** Supplementary groups: fsGroup and the like. */
  groups: number[];
}

/** Stands in for root: images name no user unless they are told to, and a host is never root. */
export const NOBODY = 65532;

/** Whom the spec asks for; user 0, and group 0 with it, become 65532. */
export function identityOf(spec: Spec): Identity {
  const { uid = 0, gid = 0, additionalGids = [] } = spec.process?.user ?? {};
  const groups = additionalGids.filter((group) => isId(group) && group !== 0);
  return {
    uid: isId(uid) && uid !== 0 ? uid : NOBODY,
    gid: isId(gid) && gid !== 0 ? gid : NOBODY,
    groups: [...new Set(groups)].sort((a, b) => a - b),
  };
}

/**
 * Whether a function that asks for `wanted` may run in a host that is `actual`: it asked for nobody in particular, or
 * the host is just that and has its groups.
 */
export function serves(actual: Identity, wanted: Identity): boolean {
  const user = wanted.uid === NOBODY || wanted.uid === actual.uid;
  const group = wanted.gid === NOBODY || wanted.gid === actual.gid;
  return user && group &&
    wanted.groups.every((id) =>
      actual.groups.includes(id) || id === actual.gid
    );
}

function isId(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 0xffff_ffff;
}
