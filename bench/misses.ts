/** Why a row misses its budget and what would fix it, by row id; `report.ts` puts them under the table. */
export const MISSES: Readonly<Record<string, string>> = {};
