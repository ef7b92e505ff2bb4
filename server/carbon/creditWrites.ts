/** HTTP routes that prepare what holders, and the keepers of locks, do with blocks. */
import { purposeName } from "../access/queries.ts";
import { route, type Route } from "../route.ts";
import { answers, kgOf, needCodes, needDocument, piecesOf, prepare, problems, type WriteDeps } from "./prepare.ts";
import { lockBits, monthNumber } from "./presentation.ts";
import {
  cancellationBody,
  dedicationBody,
  lockBody,
  noteBody,
  numberParams,
  retirementBody,
  splitBody,
  transferBody,
} from "./schemas.ts";

/** Transfers, retirements, cancellations and locks. */
export function creditWriteRoutes(deps: WriteDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/transfers",
      access: "public",
      prepares: "party",
      summary: "Prepare to give pieces of blocks to a registered party",
      body: transferBody,
      answers,
      problems,
      handle({ body: { from, pieces, to, basis } }) {
        const args = [piecesOf(pieces), to, basis];
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "transfer", args },
          {
            en: `Give ${kgOf(pieces)} kg CO2e to ${to}`,
            zh: `将 ${kgOf(pieces)} 千克 CO2e 转给 ${to}`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/retirements",
      access: "public",
      prepares: "party",
      summary: "Prepare to retire pieces of blocks, for good: they become the claim's certificate",
      body: retirementBody,
      answers,
      problems: [...problems, "vocabulary-unknown"],
      async handle({ body: { from, pieces, beneficiary, purpose, fromMonth, toMonth, country, document } }) {
        await needCodes(deps, [{ list: "purpose", code: purpose }]);
        const claim = [beneficiary, purpose, monthNumber(fromMonth), monthNumber(toMonth), country, document];
        const { en, zh } = purposeName(purpose);
        const args = [piecesOf(pieces), claim];
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "retire", args },
          {
            en: `Retire ${kgOf(pieces)} kg CO2e for good: ${en}, ${fromMonth} to ${toMonth}`,
            zh: `永久注销 ${kgOf(pieces)} 千克 CO2e：${zh}，${fromMonth} 至 ${toMonth}`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/cancellations",
      access: "public",
      prepares: "party",
      summary: "Prepare to cancel pieces of blocks, for good and for nobody's claim",
      body: cancellationBody,
      answers,
      problems,
      handle({ body: { from, pieces, basis } }) {
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "cancel", args: [piecesOf(pieces), basis] },
          {
            en: `Cancel ${kgOf(pieces)} kg CO2e for good; nobody will claim them`,
            zh: `永久取消 ${kgOf(pieces)} 千克 CO2e，任何人不得再作声明`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/locks",
      access: "public",
      prepares: { roles: ["LISTING", "PLEDGE", "TRANSIT", "FREEZE", "COURT", "DEDICATION"] },
      summary: "Prepare to set or clear locks of pieces of blocks (the keepers of these locks)",
      body: lockBody,
      answers,
      problems,
      handle({ body: { from, pieces, set, cleared, basis } }) {
        const args = [piecesOf(pieces), lockBits(set), lockBits(cleared), basis];
        const told = [...set.map((lock) => `+${lock}`), ...cleared.map((lock) => `-${lock}`)].join(" ");
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "changeLocks", args },
          {
            en: `Change the locks of ${kgOf(pieces)} kg CO2e: ${told}`,
            zh: `变更 ${kgOf(pieces)} 千克 CO2e 的锁定：${told}`,
          },
        );
      },
    }),
    ...keeperRoutes(deps),
  ];
}

/** Splits, dedications and notes: what is done to a block or a certificate without moving or ending it. */
function keeperRoutes(deps: WriteDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/splits",
      access: "public",
      prepares: "party",
      summary: "Prepare to make the tail of a block a block of its own",
      body: splitBody,
      answers,
      problems,
      handle({ body: { from, piece } }) {
        const [args] = piecesOf([piece]);
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "split", args: [args] },
          {
            en: `Make the last ${piece.kg} kg of the block a block of its own`,
            zh: `将该区段末尾的 ${piece.kg} 千克拆为单独区段`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/dedications",
      access: "public",
      prepares: { roles: ["DEDICATION"] },
      summary: "Prepare to bind pieces of blocks to one purpose (role DEDICATION)",
      body: dedicationBody,
      answers,
      problems: [...problems, "vocabulary-unknown"],
      async handle({ body: { from, pieces, purpose, basis } }) {
        await needCodes(deps, [{ list: "purpose", code: purpose }]);
        const { en, zh } = purposeName(purpose);
        const args = [piecesOf(pieces), purpose, basis];
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "dedicate", args },
          {
            en: `Bind ${kgOf(pieces)} kg CO2e to one purpose: ${en}`,
            zh: `将 ${kgOf(pieces)} 千克 CO2e 限定用途：${zh}`,
          },
        );
      },
    }),
    route({
      method: "post",
      path: "/v1/retirements/{id}/notes",
      access: "public",
      prepares: { roles: ["AUDITOR"] },
      summary: "Prepare to point from a certificate to the document that supersedes or comments it (role AUDITOR)",
      params: numberParams,
      body: noteBody,
      answers,
      problems: [...problems, "document-unknown"],
      async handle({ params: { id }, body: { from, note } }) {
        await needDocument(deps.library, note);
        return prepare(
          deps,
          from,
          { contract: "Credits", method: "annotate", args: [id, note] },
          {
            en: `Attach a document to certificate ${id}, which stays what it is`,
            zh: `为第 ${id} 号凭证附加文件，凭证本身不变`,
          },
        );
      },
    }),
  ];
}
