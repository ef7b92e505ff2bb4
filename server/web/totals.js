/** The public view in figures: totals on top, and what every facility did, class by class. */
import { h } from "./dom.js";
import { t, tag } from "./language.js";
import { account, fact, massText, named, number } from "./parts.js";
import { span } from "./picture.js";

/** What the picture stands for, in a few large figures. */
export function totals({ totals: all }, direction) {
  const figure = (name, value) => h("div", {}, h("dd", {}, value), h("dt", {}, t(name)));
  return h(
    "dl",
    { class: "figures" },
    all.collects > 0 && figure("total.collected", massText(all.collectedGrams)),
    all.collectors > 0 && figure("total.collectors", number(all.collectors)),
    figure("total.facilities", number(all.facilities)),
    figure(direction === "upstream" ? "total.lotsUp" : "total.lotsDown", number(all.lots)),
    figure("total.acts", number(all.acts)),
    BigInt(all.lostGrams) > 0n && figure("total.lost", massText(all.lostGrams)),
    all.firstCapturedAt !== null && figure("total.days", span(all.firstCapturedAt, all.lastCapturedAt, tag())),
  );
}

const lossName = ({ by, code }) => (code ? named(code) : t(`loss.${by}`));

const columns = ["received", "made", "used", "given", "ended"];

function facilityTable({ id, kinds, classes }) {
  const shown = columns.filter((column) => classes.some((row) => row[`${column}Grams`] !== "0"));
  return h(
    "article",
    { class: "facility" },
    h(
      "div",
      { class: "facility-head" },
      account(id, t("kind.facility")),
      kinds.map((kind) => h("span", { class: "chip" }, t(`kind.${kind}`))),
    ),
    classes.map((row) =>
      h(
        "dl",
        { class: "facts two small" },
        h("div", { class: "facility-class" }, h("dt", {}, t("lot.kind")), h("dd", {}, named(row.class))),
        shown.map(
          (column) => row[`${column}Grams`] !== "0" && fact(t(`facility.${column}`), massText(row[`${column}Grams`])),
        ),
      ),
    ),
  );
}

/** Losses and facilities, folded away: the picture comes first. */
export function details(view) {
  const { losses } = view.totals;
  return [
    losses.length > 0 &&
      h(
        "details",
        { class: "more" },
        h("summary", {}, t("total.losses")),
        h(
          "dl",
          { class: "facts two" },
          losses.map((loss) => fact(lossName(loss), massText(loss.massGrams))),
        ),
      ),
    view.facilities.length > 0 &&
      h(
        "details",
        { class: "more" },
        h("summary", {}, t("facility.title", { n: number(view.facilities.length) })),
        h("p", { class: "small quiet" }, t("facility.lead")),
        view.facilities.map(facilityTable),
      ),
  ];
}
