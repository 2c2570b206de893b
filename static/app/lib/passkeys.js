/** Passkeys as the server writes and reads them: JSON, with bytes in URL-safe base64 (WebAuthn Level 3, 5.1.8 to 5.1.10). */

export function supported() {
  return Boolean(window.PublicKeyCredential && navigator.credentials);
}

/**
 * Have the device make a passkey that signs in by itself.
 * @param {any} options
 */
export async function created(options) {
  const asked = options.publicKey;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
      authenticatorSelection: {
        ...asked.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    },
  });
  return written(/** @type {any} */ (credential), ["clientDataJSON", "attestationObject"]);
}

/**
 * Have the device sign with a passkey that it knows.
 * @param {any} options
 */
export async function known(options) {
  const asked = options.publicKey;
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) };
  const credential = await navigator.credentials.get({ publicKey });
  return written(/** @type {any} */ (credential), ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
}

/** @param {{ id: string }[]} [credentials] */
function named(credentials = []) {
  return credentials.map((credential) => ({ ...credential, id: bytes(credential.id) }));
}

/**
 * @param {any} credential
 * @param {string[]} parts of its response
 */
function written(credential, parts) {
  /** @type {Record<string, unknown>} */
  const response = {};
  for (const part of parts) if (credential.response[part]) response[part] = text(credential.response[part]);
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

/** @param {string} base64url */
function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
