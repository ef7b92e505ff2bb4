/** Asking the API, with every way it can fail as a word: the page never throws at a reader. */

const PATIENCE_MS = 20_000;

/**
 * GET one address of the API.
 * @param also statuses besides 2xx whose body is an answer: /ready says 503 with one that is worth reading
 * @param token of a login, where the answer is not for everybody
 * @returns `{ ok: true, body }`, or `{ ok: false, why, problem? }` with `why` one of
 *   `login` (401), `notParty` (403), `missing` (404), `starting` (503), `refused` (another 4xx), `failed` (5xx, or an answer that is no JSON), `offline`
 */
export async function get(path, also = [], token = undefined) {
  let response;
  try {
    response = await fetch(path, {
      headers: { accept: "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return { ok: false, why: "offline" };
  }
  let body;
  try {
    body = await response.json();
  } catch {
    return { ok: false, why: response.status === 503 ? "starting" : "failed" };
  }
  if (response.ok || also.includes(response.status)) return { ok: true, body };
  return { ok: false, why: reasonOf(response.status), problem: body };
}

function reasonOf(status) {
  if (status === 401) return "login";
  if (status === 403) return "notParty";
  if (status === 404) return "missing";
  if (status === 503) return "starting";
  return status < 500 ? "refused" : "failed";
}

/** Calls `work` now and then again after each `work`'s own answer in ms (`undefined`: no more), only while the page is looked at. */
export function repeat(work) {
  async function turn() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", turn, { once: true });
      return;
    }
    const pause = await work();
    if (pause !== undefined) setTimeout(turn, pause);
  }
  void turn();
}
