/** Events of contracts that tell hundreds of things, not hundreds of thousands: decoded by their ABI, into plain values. */
import type { Interface, ParamType, Result } from "ethers";
import type { Header, Log } from "./blocks.ts";
import { interfaces, type ContractName } from "./contracts.ts";
import { place, type Known } from "./eventWords.ts";
import type { Hex } from "./port.ts";

/** Unsigned integers up to this many bits come as numbers, larger ones as bigints. */
const NUMBER_BITS = 48;

/** A value of the ABI as the rest of the server has them: hex in lower case, structs as objects, arrays as arrays. */
function plain(type: ParamType, value: unknown): unknown {
  if (type.baseType === "array") return (value as Result).toArray().map((each) => plain(type.arrayChildren!, each));
  if (type.baseType === "tuple") return named(type.components!, value as Result);
  if (type.baseType === "address" || type.baseType.startsWith("bytes")) return (value as string).toLowerCase();
  if (typeof value !== "bigint") return value;
  return Number(type.baseType.replace(/^u?int/, "")) <= NUMBER_BITS ? Number(value) : value;
}

const named = (types: readonly ParamType[], values: Result): Record<string, unknown> =>
  Object.fromEntries(types.map((type, i) => [type.name, plain(type, values[i])]));

/**
 * A decoder of some events of a contract; `undefined` for every other log. Arguments stand in declared order.
 * @param names of the events; the type says what their arguments are
 * @throws when the compiled contract has no such event
 */
export function createDecoder<E extends Known<string, object>>(
  contract: ContractName,
  names: readonly E["name"][],
): (log: Log, header: Header) => E | undefined {
  const abi: Interface = interfaces[contract];
  const fragments = new Map(
    names.map((name) => {
      const fragment = abi.getEvent(name);
      if (!fragment) throw new Error(`${contract} has no event ${name}`);
      return [fragment.topicHash as Hex, fragment];
    }),
  );
  return (log, header) => {
    const fragment = fragments.get(log.topics[0]!);
    if (!fragment) return undefined;
    const args = named(fragment.inputs, abi.decodeEventLog(fragment, log.data, log.topics));
    return { name: fragment.name, args, ...place(log, header) } as unknown as E;
  };
}
