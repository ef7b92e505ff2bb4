import { expect } from "chai";
import type { FunctionFragment, ParamType } from "ethers";
import { ZeroAddress, ZeroHash } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { contractNames, permissionsOf, roles, type ContractName, type Role } from "../../../server/access/roles.ts";
import { createWorld, type World } from "../../support/contracts.ts";

const load = await createWorld();

/** Any argument of a type: whether the caller may call is decided before arguments are looked at. */
function anyValue(type: ParamType): unknown {
  if (type.baseType === "array") return [];
  if (type.baseType === "tuple") return (type.components ?? []).map(anyValue);
  if (type.baseType === "address") return ZeroAddress;
  if (type.baseType === "bool") return false;
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

  /** The error a call by `signer` ends with, by name; `undefined` when it succeeds. */
  async function errorOf(contract: ContractName, fragment: FunctionFragment, signer: HardhatEthersSigner) {
    const { interface: abi } = world[contract];
    const data = abi.encodeFunctionData(fragment as never, fragment.inputs.map(anyValue) as never);
    const call = { to: await world[contract].getAddress(), data, gasPrice: 0 };
    return signer.call(call).then(
      () => undefined,
      (error: unknown) => abi.parseError((error as { data?: string }).data ?? "0x")?.name,
    );
  }

  /** The error a call ends with that `signer` makes through {AccessManager-execute}. */
  async function executed(contract: ContractName, fragment: FunctionFragment, signer: HardhatEthersSigner) {
    const { interface: abi } = world[contract];
    const data = abi.encodeFunctionData(fragment as never, fragment.inputs.map(anyValue) as never);
    return world.manager
      .connect(signer)
      .execute.staticCall(world[contract], data)
      .then(
        () => undefined,
        (error: unknown) => abi.parseError((error as { data?: string }).data ?? "0x")?.name,
      );
  }

  const holderOf = (role: Role): HardhatEthersSigner => {
    if (role === "ADMIN") return world.admin;
    if (role === "AUDITOR") return world.auditor;
    return role === "REGISTRY" ? world.registry : world.stranger;
  };

  for (const contract of contractNames) {
    describe(contract, () => {
      it("names every state-changing function of the contract once, and none besides", () => {
        // setAuthority is OpenZeppelin's own: it takes calls from the AccessManager alone
        const names = stateChanging(contract).map((fragment) => fragment.name);
        const listed = permissionsOf(contract).map((permission) => permission.name);
        expect([...listed, "setAuthority"].toSorted()).to.deep.equal(names.toSorted());
      });

      for (const { name, role } of permissionsOf(contract)) {
        it(`lets ${role} call ${name}, and nobody besides unless it is public`, async () => {
          const fragment = world[contract].interface.getFunction(name as never);
          expect(await world.manager.getTargetFunctionRole(world[contract], fragment.selector)).to.equal(roles[role]);
          expect(await errorOf(contract, fragment, holderOf(role))).to.not.equal("AccessManagedUnauthorized");
          for (const signer of [world.admin, world.registry, world.auditor, world.stranger]) {
            if (signer === holderOf(role)) continue;
            const error = await errorOf(contract, fragment, signer);
            expect(error).to.equal(role === "PUBLIC" ? undefined : "AccessManagedUnauthorized");
          }
        });
      }

      it("when the authority itself calls on behalf of somebody, then only what does not need to be seen", async () => {
        for (const { name, role } of permissionsOf(contract)) {
          const fragment = world[contract].interface.getFunction(name as never);
          if (role !== "PUBLIC") await world.manager.grantRole(roles[role], world.manager, 0);
          const error = await executed(contract, fragment, holderOf(role));
          if (role === "AUDITOR") expect(error, name).to.equal("ActorHidden");
          else expect(error, name).to.not.equal("ActorHidden").and.not.equal("AccessManagedUnauthorized");
        }
      });

      it("lets nobody but the AccessManager replace its authority", async () => {
        const [fragment] = stateChanging(contract).filter(({ name }) => name === "setAuthority");
        for (const signer of [world.admin, world.registry, world.auditor, world.stranger]) {
          expect(await errorOf(contract, fragment!, signer)).to.equal("AccessManagedUnauthorized");
        }
      });

      it("stops wholly when its target is closed", async () => {
        await world.manager.setTargetClosed(world[contract], true);
        for (const fragment of stateChanging(contract)) {
          for (const signer of [world.admin, world.registry, world.auditor, world.stranger]) {
            expect(await errorOf(contract, fragment, signer), fragment.name).to.equal("AccessManagedUnauthorized");
          }
        }
      });
    });
  }
});
