/** What a check of a certificate prints, in Chinese and English. */
import { lists, nameOf } from "../../server/access/vocabulary.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { stepNames, type StepName, type Trust, type Verdict } from "./verify.ts";

/** What holds once a step is taken, and what it is called where it does not. */
const steps: Record<StepName, [zh: string, en: string]> = {
  form: ["文件格式完整，没有多余字段", "The file has all fields, and no others"],
  claim: ["各字段与注销记录一致", "The fields are those of the record"],
  block: ["区块头与区块哈希一致", "The block's header has the block's hash"],
  account: ["该区块中有此登记簿", "The register is in this block"],
  record: ["登记簿中有此记录及附注", "The register holds the record and the note"],
  batches: ["批次的项目、年份、用途范围属实", "Project, vintage and scope of the batches are the register's"],
  words: ["文字说明与所证内容一致", "The words follow from what is proved"],
};

const trusted: [zh: string, en: string] = ["区块正是所信任的区块", "The block is the one you trust"];

const month = (value: number): string => `${Math.floor(value / 100)}-${String(value % 100).padStart(2, "0")}`;
const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",");
const time = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
const isZero = (hash: string): boolean => /^0x0+$/.test(hash);

function claimLines({ proved, described }: Certificate): string[] {
  const { retirement, note, batches } = proved;
  const purpose = nameOf(lists.purpose, retirement.purpose);
  const scopes = [...new Set(batches.map(({ scope }) => scope))].map((scope) => nameOf(lists.claimScope, scope));
  const serials = retirement.blocks.map(({ kg }, i) => `  ${described.serials[i]}  ${grouped(kg)} kg`);
  const both = ([zh, en]: [string, string], value: string): string => `${zh} ${en.padEnd(12)} ${value}`;
  return [
    both(["数量", "Retired"], `${grouped(described.kg)} kg CO2e`),
    ...serials,
    both(["用途", "For"], `${purpose.zh} ${purpose.en}`),
    both(["范围", "Claim scope"], scopes.map(({ zh, en }) => `${zh} ${en}`).join(", ")),
    both(["期间", "Period"], `${month(retirement.fromMonth)} – ${month(retirement.toMonth)}`),
    both(["国家", "Country"], `ISO 3166-1 ${String(retirement.country).padStart(3, "0")}`),
    both(["受益", "Beneficiary"], `${retirement.beneficiary} (加盐哈希 salted hash)`),
    both(["持有", "Holder"], retirement.holder),
    both(["依据", "Document"], isZero(retirement.document) ? "无 none" : retirement.document),
    both(["时间", "Retired at"], time(retirement.time)),
    both(["附注", "Note"], `${note ?? "无 none"} (截至区块 as of block ${proved.block.number})`),
  ];
}

/** What the file cannot tell of itself, and whom to ask. */
function trustLines({ proved }: Certificate, trust: Trust): string[] {
  const { block, contract } = proved;
  return [
    ...(trust.block === undefined
      ? [
          `? 未核对区块：请向可信方询问区块 ${block.number} 的哈希，再以 --trust 运行。`,
          `? Not checked: whether block ${block.number} has this hash. Ask somebody you trust, a node of the network or`,
          `  an auditor, then run again with --trust. The certificate says`,
          `  ${block.hash}`,
        ]
      : []),
    ...(trust.contract === undefined
      ? [`? 未核对登记簿地址 Not checked: that the register you know is ${contract} (--contract).`]
      : []),
  ];
}

/** Lines for a person. */
export function linesOf({ passed, failed, certificate }: Verdict, trust: Trust): string[] {
  const id = certificate?.proved.retirement.id;
  const checks = stepNames
    .slice(0, passed.length + (failed ? 1 : 0))
    .map((name) => (name === "block" && trust.block !== undefined ? trusted : steps[name]))
    .map((words, i) => `${i < passed.length ? "✓" : "✗"} ${words.join(" ")}`);
  const head = `注销凭证 Certificate of retirement${id === undefined ? "" : ` ${id}`}`;
  if (failed) {
    const where = failed.field === "" ? "文件 The file" : failed.field;
    return [head, "", ...checks, "", `✗ ${where} ${failed.en}.`, `✗ ${where}：${failed.zh}。`];
  }
  return [head, "", ...claimLines(certificate!), "", ...checks, ...trustLines(certificate!, trust)];
}
