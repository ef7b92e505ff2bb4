/** What benchmarks tell: a line for whoever looks on, and a figure for `npm run bench`, which started them. */

export interface Figure {
  /** what was measured, e.g. `index 50,000 events, PostgreSQL` */
  what: string;
  value: number;
  unit: string;
  /** how the value stands to what it is compared with, the better way up: 2 is twice as good */
  ratio?: number;
  /** what it is compared with, measured in the same run */
  beside?: string;
  /** the ratio that DESIGN.md asks for */
  least?: number;
  /** the value that DESIGN.md allows */
  most?: number;
}

/** Hands a figure to the process that collects them; by hand there is none, and the benchmark's own lines say it all. */
export function tell(figure: Figure): void {
  process.send?.(figure);
}

/** The middle one of several measurements, the higher of the two middle ones where they are even in number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("no measurement, no median");
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
