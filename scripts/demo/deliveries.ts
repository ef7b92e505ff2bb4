/**
 * How acts come in: in bundles, as devices hand them in when they have signal. Some come late, some twice, some the wrong
 * way round; the same ones in every run.
 */
import type { Act } from "./book.ts";
import { chunks, draw } from "./scenario/draws.ts";

const BUNDLE = 100;
/** One bundle in ten was made where there was no signal, and comes so many bundles later at most. */
const ONE_IN = 10;
const LATEST = 12;

/** @returns bundles in the order in which they arrive; some acts stand in two of them */
export function deliver(acts: readonly Act[]): Act[][] {
  const inTime = acts
    .map((act, i) => ({ act, i }))
    .sort((a, b) => a.act.act.capturedAt - b.act.act.capturedAt || a.i - b.i);
  const bundles = chunks(
    inTime.map(({ act }) => act),
    BUNDLE,
  );
  const arrivals = bundles.flatMap((bundle, n) => {
    const late = draw(`offline/${n}`, ONE_IN) === 0 ? 1 + draw(`late/${n}`, LATEST) : 0;
    const items = draw(`backwards/${n}`, ONE_IN) === 0 ? bundle.toReversed() : bundle;
    const first = { at: n + late, items };
    // no answer came, so it is handed in once more
    return draw(`twice/${n}`, ONE_IN) === 0 ? [first, { at: n + late + 1, items }] : [first];
  });
  return arrivals.sort((a, b) => a.at - b.at).map(({ items }) => items);
}
