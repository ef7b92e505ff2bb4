/** Texts that wallets sign (EIP-191 `personal_sign`), for logins only: no act is ever signed this way. */
import { getAddress, hashMessage, verifyMessage } from "ethers";

/**
 * What the login library needs of a chain library. A signature with a high s, or of another length than 64 or 65 bytes,
 * throws.
 */
export const personalSign = { getAddress, hashMessage, verifyMessage };
