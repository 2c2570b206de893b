// Uploads with their progress, which `fetch` does not tell.
import { CallFailed, csrfToken, unexplained } from "./api.js";
import { gettext } from "./gettext.js";

/** @typedef {import("../types").UploadedFile} UploadedFile */

/**
 * @param {File} file
 * @param {{ progress: (share: number) => void, signal: AbortSignal }} options
 * @returns {Promise<UploadedFile>}
 */
export function upload(file, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (/** @type {string} */ message, status = 0) => reject(new CallFailed(message, status));
    request.open("POST", "/files/");
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.toWellFormed()));
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status === 201 && request.response?.file) return resolve(request.response.file);
      const message = request.response?.error?.message;
      fail(message ?? withoutWords(request.status), request.status);
    };
    request.onerror = () => fail(gettext("No connection. Try again when you are online."));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** @param {number} status what came from something between us and the server, such as a proxy with a limit */
const withoutWords = (status) =>
  status === 413 ? gettext("This file is larger than the server takes.") : unexplained(status);
