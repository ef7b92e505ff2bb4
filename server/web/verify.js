/** How anybody can check a lot without believing this page: steps, addresses and commands with its own values filled in. */
import { h } from "./dom.js";
import { shortHex } from "./format.js";
import { t } from "./language.js";
import { codeLine } from "./parts.js";

const link = (path) => h("li", {}, h("a", { href: path }, h("code", {}, path.replace(/0x\w+/, shortHex))));

function step(name, ...more) {
  const title = t(`verify.${name}`);
  return h("li", {}, h("h3", {}, title), h("p", { class: "small" }, t(`verify.${name}.how`)), ...more);
}

const receiptCall = (tx) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getTransactionReceipt", params: [tx] });

/**
 * @param id the lot
 * @param acts those upon it, as far as they have come
 */
export function verification(id, acts) {
  const last = acts.at(-1);
  const digestPath = last ? `/v1/audit/digest?block=${last.block}` : "/v1/audit/digest";
  return [
    h("h2", { id: "verify" }, t("verify.title")),
    h("p", { class: "quiet" }, t("verify.lead")),
    h(
      "ol",
      { class: "steps" },
      step(
        "raw",
        h(
          "ul",
          { class: "paths" },
          link(`/v1/lots/${id}`),
          link(`/v1/lots/${id}/provenance`),
          link("/v1/audit/conservation"),
        ),
      ),
      step("digest", h("ul", { class: "paths" }, link("/v1/ledger"))),
      step("evidence"),
      step("chain", last && codeLine(receiptCall(last.tx), t("verify.chain"))),
      step("peers", codeLine(`curl -s "${location.origin}${digestPath}"`, t("verify.peers"))),
    ),
  ];
}
