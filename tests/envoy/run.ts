/** Cases against one proxy, and what came of each as text. */
import { bootstrap, type Place } from "./bootstrap.ts";
import type { Case } from "./case.ts";
import { type Proxy, startEnvoy } from "./envoy.ts";
import { guestsOf } from "./guests.ts";
import { observe, written } from "./observe.ts";
import { startOurs } from "./ours.ts";
import { startTalker, startUpstream } from "./upstream.ts";

/** Starts a proxy with a listener for each case. */
export type Start = (cases: readonly Case[], place: Place) => Promise<Proxy>;

/** Envoy. */
export const onEnvoy: Start = (cases, place) =>
  startEnvoy(bootstrap(cases, place), cases.map(({ name }) => name));

/** This host. */
export const onOurs: Start = startOurs;

/** What happens in each case, as text, in their order. */
export async function run(
  cases: readonly Case[],
  start: Start,
): Promise<string[]> {
  const upstream = startUpstream();
  const talker = startTalker();
  const place = {
    guests: await guestsOf(cases),
    upstream: upstream.port,
    talker: talker.port,
    ports: [],
    admin: 0,
  };
  let proxy = await start(cases, place);
  try {
    const texts: string[] = [];
    const starts: string[] = [];
    // What plugins do by themselves right after their start belongs to no request.
    await new Promise((done) => setTimeout(done, 400));
    upstream.take();
    for (const one of cases) {
      const seen = await observe(one, proxy, { upstream, talker }, starts);
      if (proxy.dead) {
        // It may have gone round in circles until its stack was full.
        seen.plugin.splice(12);
        seen.plugin.push("the proxy itself crashed");
        await proxy.stop();
        proxy = await start(cases, place);
      }
      texts.push(written(one, seen));
    }
    return texts;
  } finally {
    await proxy.stop();
    upstream.close();
    talker.close();
  }
}
