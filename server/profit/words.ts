/** Amounts for people to read. */
import { UNITS_PER_GRAM } from "./attribution.ts";

const FEN_PER_YUAN = 100n;

/** `1234.05`, exactly. */
export const yuan = (fen: bigint): string => `${fen / FEN_PER_YUAN}.${String(fen % FEN_PER_YUAN).padStart(2, "0")}`;

/** Whole grams of a weight in 10^-18 g, rounded down. */
export const wholeGrams = (weight: bigint): bigint => weight / UNITS_PER_GRAM;
