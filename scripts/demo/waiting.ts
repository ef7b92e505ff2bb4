/** Waiting for what was handed in to come to its end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import type { Api, RequestView } from "./client.ts";

/** States after which nothing more becomes of a request. */
export const ends: ReadonlySet<RequestState> = new Set<RequestState>(["final", "skipped", "rejected", "expired"]);

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** About two minutes; counted in questions, since the server may be away for longer between two of them. */
const MOST_QUESTIONS = 480;

/** Asks for a request until nothing more will become of it. @throws Refusal when it does not move for two minutes */
export async function settled(api: Api, id: Hex): Promise<RequestView> {
  let [state, asked, pause] = ["", 0, FIRST_PAUSE_MS];
  for (;;) {
    const view = await api.request(id);
    if (!view)
      throw new Refusal(`The server accepted ${id} and now does not know it. Keep the home and its server.log.`);
    if (ends.has(view.state)) return view;
    if (view.state !== state) [state, asked] = [view.state, 0];
    if (asked++ === MOST_QUESTIONS) {
      throw new Refusal(`${id} has been ${state} for two minutes. /ready and server.log in the home may say why.`);
    }
    await sleep(pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}
