/** What is said of every problem of a kind; a code never changes, its words may. */
export interface ProblemKind {
  status: number;
  /** what was wrong, in general */
  title: string;
  titleZh: string;
  /** what the caller can do about it */
  remedy: string;
}
