/**
 * Which stream ids a client may use.
 *
 * @module
 */

/**
 * Why a client may not use `id`, or `undefined` if it is one of a client's:
 * clients have the odd ones.
 */
export function whyNotClientId(id: number): string | undefined {
  if (id % 2 === 1) return undefined;
  return `stream id ${id} is even, expected an odd one from a client`;
}

/**
 * Why a call may not begin on `id` after one on `last` (0 if none), or
 * `undefined` if it may: ids of one connection only grow.
 */
export function whyNotNewId(id: number, last: number): string | undefined {
  if (id > last) return undefined;
  return `stream id ${id} cannot be re-used and must increment: the last ` +
    `call had ${last}`;
}
