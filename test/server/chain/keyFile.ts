import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CompactEncrypt } from "jose";
import { openKeyFile, saveKeyFile, writeWhole } from "../../../server/chain/keyFile.ts";
import type { Hex } from "../../../server/chain/port.ts";

describe("key file", function () {
  this.timeout(20_000);
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), "tidemark-keys-"))));
  afterEach(() => rmSync(home, { recursive: true }));

  it("given a home without keys, when it is opened twice, then the keys are drawn once, the login's own among them", async () => {
    const drawn = await openKeyFile(home, "words", true);
    expect(await openKeyFile(home, "words", true)).to.deep.equal(drawn);
    expect(drawn.login.d).to.be.a("string").and.not.equal(drawn.receipts[0]!.d);
  });

  it("given a file from before there were logins, when it is opened, then a key for them is added and kept", async () => {
    const old = { relayer: `0x${"11".repeat(32)}`, receipts: [{ kty: "OKP", kid: "old" }] };
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(old)))
      .setProtectedHeader({ alg: "PBES2-HS256+A128KW", enc: "A256GCM" })
      .setKeyManagementParameters({ p2c: 1_000 })
      .encrypt(Buffer.from("words"));
    writeWhole(join(home, "keys.jwe"), sealed);
    const opened = await openKeyFile(home, "words", false);
    expect(opened).to.deep.include(old);
    expect(opened.login.crv).to.equal("Ed25519");
    expect(opened.held).to.deep.equal([]);
    expect(await openKeyFile(home, "words", false)).to.deep.equal(opened);
  });

  it("given a key of an account that is put in, when the file is opened, then it is held, and stands nowhere in clear", async () => {
    const keys = await openKeyFile(home, "words", true);
    const held: Hex[] = [`0x${"5a".repeat(32)}`];
    await saveKeyFile(home, "words", { ...keys, held });
    expect(await openKeyFile(home, "words", true)).to.deep.equal({ ...keys, held });
    expect(readFileSync(join(home, "keys.jwe"), "utf8")).not.to.contain("5a5a");
  });

  it("given another passphrase, when the file is opened, then it is refused in words", async () => {
    await openKeyFile(home, "words", true);
    const error = await openKeyFile(home, "others", true).catch((thrown: unknown) => thrown);
    expect(error).to.be.an("error").with.property("message").that.contains("TIDEMARK_PASSPHRASE");
  });
});
