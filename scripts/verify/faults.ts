/** What is wrong with a certificate, and where. */

/** Why a certificate does not hold: the first thing that was found wrong. */
export class Fault extends Error {
  /** path of the field, such as `proved.retirement.kg`; "" for the whole file */
  readonly field: string;
  readonly zh: string;
  constructor(field: string, zh: string, en: string) {
    super(en);
    this.name = "Fault";
    this.field = field;
    this.zh = zh;
  }
}
