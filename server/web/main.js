/** The page's frame, and which page stands in it. */
import { h } from "./dom.js";
import { home } from "./home.js";
import { language, onLanguage, speak, t, tag } from "./language.js";
import { lot } from "./lot.js";
import { tidemark } from "./marks.js";

const byId = (id) => document.getElementById(id);

const switchTo = (chosen, name, lang) =>
  h(
    "button",
    { type: "button", lang, "aria-pressed": String(language() === chosen), click: () => speak(chosen) },
    name,
  );

function drawTop() {
  const name = language() === "zh" ? "潮痕 Tidemark" : "Tidemark";
  byId("top").replaceChildren(
    h("a", { class: "brand", href: "/" }, tidemark(), h("span", {}, name, h("small", {}, t("site.what")))),
    h(
      "div",
      { class: "languages", role: "group", "aria-label": t("site.language") },
      switchTo("zh", "中文", "zh-CN"),
      switchTo("en", "EN", "en"),
    ),
  );
}

function drawFrame() {
  document.documentElement.lang = tag();
  byId("skip").replaceChildren(t("site.skip"));
  const spoke = byId("top").contains(document.activeElement);
  drawTop();
  // the button that was pressed is a new one now
  if (spoke) byId("top").querySelector("[aria-pressed=true]").focus();
  byId("foot").replaceChildren(
    h("p", {}, t("site.foot")),
    h("nav", {}, h("a", { href: "/" }, t("site.home")), h("a", { href: "/docs" }, t("site.api"))),
  );
}

const main = byId("main");
const [, asked] = /^\/lots\/([^/]+)\/?$/.exec(location.pathname) ?? [];
drawFrame();
const drawPage = asked === undefined ? home(main) : lot(main, asked);
onLanguage(() => {
  drawFrame();
  drawPage();
});
