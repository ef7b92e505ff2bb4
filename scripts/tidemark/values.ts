/** Parsers of arguments and options: what is not of its form is a mistake in the command, told before anything is asked. */
import { InvalidArgumentError } from "commander";
import type { Hex } from "../../server/chain/port.ts";
import { isAddress, isHash, secondsOf } from "../registry/ids.ts";

/** An account's id or an address, in any case. */
export function address(text: string): Hex {
  const lower = text.toLowerCase();
  if (isAddress(lower)) return lower;
  throw new InvalidArgumentError("It must be 0x and 40 hex digits.");
}

/** 32 bytes of hex, in any case. */
export function hash(text: string): Hex {
  const lower = text.toLowerCase();
  if (isHash(lower)) return lower;
  throw new InvalidArgumentError("It must be 0x and 64 hex digits.");
}

/** Seconds since 1970. */
export function time(text: string): number {
  const seconds = secondsOf(text);
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError("It must be seconds since 1970, or a time such as 2026-08-01T09:00:00+08:00.");
}

/** The number of a pool, a batch, a project. */
export function number(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a number from 1 on.");
}

/** A whole number that may be large, such as grams. */
export function amount(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("It must be a whole number of at most 18 digits.");
}

/** A server's address, without a slash at its end. */
export function serverUrl(text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("It must be a URL such as http://127.0.0.1:4780.");
}
