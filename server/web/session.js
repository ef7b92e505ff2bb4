/** Logging in with the wallet in the browser (EIP-4361): a short token, kept for this page only. */

let token;

/** The token to ask with; `undefined` where nobody is logged in. */
export const bearer = () => token;

export const forget = () => (token = undefined);

/** Whether there is a wallet to log in with. */
export const hasWallet = () => typeof window.ethereum?.request === "function";

const post = async (path, body) => {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  return { ok: response.ok, body: await response.json() };
};

const hexOf = (text) =>
  `0x${[...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** Asks the wallet for a signature and the server for a token. @returns whether there is one now */
export async function logIn() {
  try {
    const [address] = await window.ethereum.request({ method: "eth_requestAccounts" });
    const { body: drawn } = await post("/v1/login/nonce", {});
    const message = [
      `${drawn.domain} wants you to sign in with your Ethereum account:`,
      address,
      "",
      "",
      `URI: ${drawn.uri}`,
      "Version: 1",
      `Chain ID: ${drawn.chainId}`,
      `Nonce: ${drawn.nonce}`,
      `Issued At: ${new Date().toISOString()}`,
    ].join("\n");
    const signature = await window.ethereum.request({ method: "personal_sign", params: [hexOf(message), address] });
    const answer = await post("/v1/login", { message, signature });
    token = answer.ok ? answer.body.token : undefined;
  } catch {
    // refused in the wallet, or offline: nobody is logged in
    token = undefined;
  }
  return token !== undefined;
}
