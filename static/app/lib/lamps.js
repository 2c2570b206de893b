// The list of conversations on the home page: lamps go out when what ran there has ended.

const PAUSE = 10_000; // milliseconds between two looks

/** @param {ParentNode} list rows whose links may have a lamp */
export function watchLamps(list) {
  setInterval(async () => {
    const lit = [...list.querySelectorAll("a .lamp")];
    if (lit.length === 0 || document.hidden) return;
    const fresh = await freshPage();
    for (const lamp of lit) {
      const address = lamp.closest("a")?.getAttribute("href");
      const row = fresh?.querySelector(`.conversations a[href="${CSS.escape(address ?? "")}"]`);
      if (row && !row.querySelector(".lamp")) lamp.remove();
    }
  }, PAUSE);
}

/** The page as it would be now, null where it cannot be had. */
async function freshPage() {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(PAUSE) });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}
