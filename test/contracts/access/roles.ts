import { expect } from "chai";
import type { FunctionFragment, ParamType } from "ethers";
import { ZeroHash } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  contractNames,
  lockKeepers,
  permissionsOf,
  roles,
  type ContractName,
  type Role,
} from "../../../server/access/roles.ts";
import { createWorld, type World } from "../../support/contracts.ts";

const load = await createWorld();

/**
 * Any argument of a type: whether the caller may call is decided before arguments are looked at.
 * @param account stands where an account is asked for
 */
function anyValue(type: ParamType, account: string): unknown {
  if (type.baseType === "array") return [];
  if (type.baseType === "tuple") return (type.components ?? []).map((part) => anyValue(part, account));
  if (type.baseType === "address") return account;
  if (type.baseType === "bool") return false;
  if (type.baseType === "bytes") return "0x";
  return type.baseType === "bytes32" ? ZeroHash : 0;
}

describe("the role table", () => {
  let world: World;

  beforeEach(async () => {
    world = await load();
  });

  const stateChanging = (contract: ContractName): FunctionFragment[] => {
    const found: FunctionFragment[] = [];
    world[contract].interface.forEachFunction((fragment) => {
      if (!["view", "pure"].includes(fragment.stateMutability)) found.push(fragment);
    });
    return found;
  };

  const dataOf = (contract: ContractName, fragment: FunctionFragment): string => {
    const values = fragment.inputs.map((type) => anyValue(type, world.people[0]!.address));
    return world[contract].interface.encodeFunctionData(fragment as never, values as never);
  };

  /** The error a call by `signer` ends with, by name; `undefined` when it succeeds. */
  async function errorOf(contract: ContractName, fragment: FunctionFragment, signer: HardhatEthersSigner) {
    const { interface: abi } = world[contract];
    const data = dataOf(contract, fragment);
    const call = { to: await world[contract].getAddress(), data, gasPrice: 0 };
    return signer.call(call).then(
      () => undefined,
      (error: unknown) => abi.parseError((error as { data?: string }).data ?? "0x")?.name,
    );
  }

  /** The error a call ends with that `signer` makes through {AccessManager-execute}. */
  async function executed(contract: ContractName, fragment: FunctionFragment, signer: HardhatEthersSigner) {
    const { interface: abi } = world[contract];
    const data = dataOf(contract, fragment);
    return world.manager
      .connect(signer)
      .execute.staticCall(world[contract], data)
      .then(
        () => undefined,
        (error: unknown) => abi.parseError((error as { data?: string }).data ?? "0x")?.name,
      );
  }

  /** Who holds each role that people hold; the others are held by contracts, and by nobody here. */
  const holders = (): Partial<Record<Role, HardhatEthersSigner>> => {
    const { admin, registry, auditor, verifier, issuer, bank, allocator, keepers } = world;
    const locks = Object.fromEntries(lockKeepers.map((role, bit) => [role, keepers[bit]]));
    const access = { ADMIN: admin, REGISTRY: registry, AUDITOR: auditor };
    return { ...access, VERIFIER: verifier, ISSUER: issuer, BANK: bank, ALLOCATOR: allocator, ...locks };
  };

  const everybody = (): HardhatEthersSigner[] => [...Object.values(holders()), world.people[0]!, world.stranger];

  /** A signer that may call what this role may; who holds a contract's role is given it. */
  async function callerIn(role: Role): Promise<HardhatEthersSigner> {
    if (role === "PUBLIC") return world.stranger;
    const holder = holders()[role] ?? world.people[1]!;
    if (holder === world.people[1]) await world.manager.grantRole(roles[role], holder, 0);
    return holder;
  }

  it("numbers the keepers of locks from 16 on, in the order of the bits", () => {
    expect(lockKeepers.map((role) => roles[role])).to.deep.equal(lockKeepers.map((_, bit) => 16n + BigInt(bit)));
  });

  for (const contract of contractNames) {
    describe(contract, () => {
      it("names every state-changing function of the contract once, and none besides", () => {
        // setAuthority takes calls from the AccessManager alone; what moves a token as wallets do always reverts
        const inherited = contract === "Credits" ? ["setAuthority", "safeTransferFrom"] : ["setAuthority"];
        const names = stateChanging(contract).map((fragment) => fragment.name);
        const listed = permissionsOf(contract).map((permission) => permission.name);
        expect([...listed, ...inherited].toSorted()).to.deep.equal(names.toSorted());
      });

      for (const { name, role, actor } of permissionsOf(contract)) {
        it(`lets ${role} call ${name}, and nobody besides unless it is public`, async () => {
          const fragment = world[contract].interface.getFunction(name as never);
          expect(await world.manager.getTargetFunctionRole(world[contract], fragment.selector)).to.equal(roles[role]);
          const caller = await callerIn(role);
          expect(await errorOf(contract, fragment, caller)).to.not.equal("AccessManagedUnauthorized");
          for (const signer of everybody()) {
            if (signer === caller) continue;
            const error = expect(await errorOf(contract, fragment, signer), signer.address);
            if (role === "PUBLIC") error.to.not.equal("AccessManagedUnauthorized");
            else error.to.equal("AccessManagedUnauthorized");
          }
        });

        const hides = actor ? "refuses" : "takes";
        it(`${hides} ${name} when the authority itself calls on behalf of somebody`, async () => {
          const fragment = world[contract].interface.getFunction(name as never);
          if (role !== "PUBLIC") await world.manager.grantRole(roles[role], world.manager, 0);
          const error = await executed(contract, fragment, await callerIn(role));
          if (actor) expect(error).to.equal("ActorHidden");
          else expect(error).to.not.equal("ActorHidden").and.not.equal("AccessManagedUnauthorized");
        });
      }

      it("lets nobody but the AccessManager replace its authority", async () => {
        const [fragment] = stateChanging(contract).filter(({ name }) => name === "setAuthority");
        for (const signer of everybody()) {
          expect(await errorOf(contract, fragment!, signer)).to.equal("AccessManagedUnauthorized");
        }
      });

      it("stops wholly when its target is closed", async () => {
        await world.manager.setTargetClosed(world[contract], true);
        for (const fragment of stateChanging(contract)) {
          const stopped = fragment.name === "safeTransferFrom" ? "NotTransferable" : "AccessManagedUnauthorized";
          for (const signer of everybody()) {
            expect(await errorOf(contract, fragment, signer), fragment.name).to.equal(stopped);
          }
        }
      });
    });
  }

  it("Credits.safeTransferFrom: given anybody, when they move a token as wallets do, then it is refused", async () => {
    const [fragment] = stateChanging("Credits").filter(({ name }) => name === "safeTransferFrom");
    for (const signer of everybody()) {
      expect(await errorOf("Credits", fragment!, signer)).to.equal("NotTransferable");
    }
  });
});
