/** Everybody in the scenario, or in the n-th part of it. */
import { harbourPeople } from "./harbours.ts";
import { furtherPeople } from "./offices.ts";
import { pointPeople, type Person } from "./people.ts";

/** @param share one n-th of the scenario */
export const everybody = (share: number): Person[] => [
  ...pointPeople(share),
  ...furtherPeople(share),
  ...harbourPeople(share),
];
