/** What the scenario comes to, whole or in part: written down here once, and held against every run. */

/** The figures of the demo's last line that do not depend on the machine. */
export interface Expected {
  parties: number;
  lots: number;
  acts: number;
  skipped: number;
  issuedKg: number;
  retiredKg: number;
  fundedFen: number;
  paidFen: number;
  conservation: boolean;
}

/** By share, one n-th of the scenario from 1 to 20: parties, lots, acts, kilograms retired, fen of the premium. */
const rows: readonly (readonly [number, number, number, number, number])[] = [
  [2_552, 8_106, 19_129, 5_276_309, 1_838_441],
  [1_308, 4_204, 9_999, 2_926_154, 934_406],
  [893, 2_910, 6_991, 2_137_450, 621_938],
  [686, 2_254, 5_451, 1_713_005, 457_129],
  [560, 1_868, 4_564, 1_110_041, 364_878],
  [478, 1_606, 3_959, 1_110_041, 306_279],
  [418, 1_410, 3_512, 1_026_693, 263_512],
  [374, 1_279, 3_215, 1_026_693, 227_001],
  [339, 1_166, 2_949, 847_979, 202_961],
  [312, 1_064, 2_701, 847_979, 177_878],
  [289, 984, 2_509, 847_979, 164_991],
  [271, 920, 2_362, 847_979, 154_270],
  [254, 874, 2_257, 724_556, 140_112],
  [240, 826, 2_134, 724_556, 131_649],
  [229, 780, 2_026, 724_556, 121_692],
  [218, 750, 1_967, 724_556, 113_135],
  [209, 721, 1_897, 724_556, 109_603],
  [201, 684, 1_800, 724_556, 103_567],
  [193, 659, 1_748, 724_556, 97_066],
  [188, 632, 1_681, 724_556, 96_771],
];

export const MOST_SHARE = rows.length;

/** 2,223 t at Dachen, 193,000 t at Ziyang, 422.5 t at Xiangshan: the sinks are played whole in every share. */
const ISSUED_KG = 195_645_500;
/** Dachen's auction and Ziyang's sale. */
const SALES_FEN = 10_050_000 + 210_000_000;

/** @param share from 1 to {@link MOST_SHARE} */
export function expectedOf(share: number): Expected {
  const [parties, lots, acts, retiredKg, premiumFen] = rows[share - 1]!;
  const fundedFen = SALES_FEN + premiumFen;
  return {
    parties,
    lots,
    acts,
    skipped: 0,
    issuedKg: ISSUED_KG,
    retiredKg,
    fundedFen,
    paidFen: fundedFen,
    conservation: true,
  };
}
