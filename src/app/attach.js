// @ts-check
// Uploads what is attached to a question, one file after the other, and tells of each how it goes.

(() => {
  /** @typedef {{ at: number, file: File, hear: (told: string) => void, tries: number }} Waiting */

  const LARGEST = 10 * 1024 * 1024;
  const TRIES = 4;
  let last = 0;
  /** @type {Waiting[]} */
  const queue = [];
  /** @type {{ at: number, request: XMLHttpRequest } | undefined} */
  let current;

  /** @param {Waiting} one @param {object} told */
  const tell = (one, told) => one.hear(JSON.stringify({ at: one.at, ...told }));

  /** What an event brings: a paste, a drop, or a choice. @param {Event} event @returns {File[]} */
  function files(event) {
    const { clipboardData } = /** @type {ClipboardEvent} */ (event);
    const { dataTransfer } = /** @type {DragEvent} */ (event);
    const carried = clipboardData ?? dataTransfer;
    // Where words were copied, they are meant: some programs add a picture of them.
    if (carried) return carried.types.includes("text/plain") ? [] : [...carried.files];
    const field = /** @type {HTMLInputElement} */ (event.target);
    const chosen = [...(field.files ?? [])];
    // The same file can be chosen once more.
    field.value = "";
    return chosen;
  }

  function next() {
    if (current) return;
    const one = queue.shift();
    if (!one) return;
    const request = new XMLHttpRequest();
    current = { at: one.at, request };
    const over = () => {
      current = undefined;
      next();
    };
    request.open("POST", `/api/chat/files?${new URLSearchParams({ name: one.file.name })}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", one.file.type || "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      tell(one, { progress: total ? Math.floor((100 * loaded) / total) : 0 });
    });
    request.addEventListener("load", () => {
      let answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = {};
      }
      const wait = Number(request.getResponseHeader("Retry-After"));
      if (request.status === 200) tell(one, { file: answer });
      else if (request.status === 429 && wait > 0 && one.tries < TRIES) {
        one.tries += 1;
        queue.unshift(one);
        setTimeout(over, Math.min(wait, 30) * 1000);
        return;
      } else tell(one, { error: answer.message ?? answer.detail ?? "This file was not taken. Try it again." });
      over();
    });
    request.addEventListener("error", () => {
      tell(one, { error: "The line broke off, so this file is not here. Remove it and attach it again." });
      over();
    });
    request.addEventListener("abort", over);
    request.send(one.file);
  }

  const attach = {
    /** @param {Event} event @param {number} room how many more there may be @param {(told: string) => void} hear */
    take(event, room, hear) {
      const taken = files(event);
      if (taken.length === 0) return;
      event.preventDefault();
      taken.forEach((file, place) => {
        last += 1;
        const one = { at: last, file, hear, tries: 0 };
        tell(one, { name: file.name || "file", size: file.size, progress: 0 });
        if (place >= room) tell(one, { error: "A question can come with 8 files." });
        else if (file.size > LARGEST) tell(one, { error: "This file is larger than 10 MB, which is the most that is taken." });
        else if (file.size === 0) tell(one, { error: "Nothing is in this file. Choose another one." });
        else queue.push(one);
      });
      next();
    },
    /** @param {number} at */
    leave(at) {
      const place = queue.findIndex((one) => one.at === at);
      if (place >= 0) queue.splice(place, 1);
      if (current?.at === at) current.request.abort();
    },
  };
  Object.assign(window, { auraAttach: attach });
})();
