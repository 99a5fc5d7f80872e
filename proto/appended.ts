/**
 * `list` with `item` behind. The first has a list of its own to itself: most lists of this program have one item, and to
 * push the first makes room for 17.
 */
export function appended<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
