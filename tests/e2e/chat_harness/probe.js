// Lets a test stream a document into an element of its own, delta by delta, and look after each.
import { MarkdownStream } from "../../../static/app/lib/markdown.js";

/** Waits until what was given has been painted. */
const painted = () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done)), 60));

/** The markup without what loads late: a formula is compared by its source. */
function markup(root) {
  const copy = root.cloneNode(true);
  for (const math of copy.querySelectorAll(".math")) {
    math.classList.remove("made");
    math.replaceChildren(math.querySelector("annotation")?.textContent ?? math.textContent);
  }
  return copy.getHTML();
}

globalThis.probe = {
  async stream(text, size, breaks = false) {
    const live = document.createElement("div");
    const stored = document.createElement("div");
    live.className = stored.className = "prose";
    document.querySelector("main").append(live, stored);
    const stream = new MarkdownStream(live, { breaks });
    for (let at = 0; at < text.length; at += size) {
      stream.grow(text.slice(0, at + size));
      await painted();
    }
    stream.end();
    new MarkdownStream(stored, { breaks }).end(text);
    const result = [markup(live), markup(stored)];
    live.remove();
    stored.remove();
    return result;
  },

  /** Everything in the element that could run, fetch or pose as a part of the page, after each delta. */
  async attack(text, size) {
    const live = document.createElement("div");
    document.querySelector("main").append(live);
    const stream = new MarkdownStream(live);
    const found = new Set();
    const look = () => {
      for (const element of live.querySelectorAll("*")) {
        const formula = element.closest(".math, button"); // a formula and the Copy button are drawn by us
        if (
          /^(script|style|iframe|object|embed|form|svg|img|video|audio|link|meta|base|textarea|select|template)$/i.test(
            element.localName,
          ) &&
          !formula
        )
          found.add(`<${element.localName}>`);
        for (const { name, value } of element.attributes) {
          if (/^on|^srcdoc$|^formaction$|^action$|^background$|^ping$/i.test(name)) found.add(`${name}=${value}`);
          if (/^(href|src|xlink:href)$/i.test(name) && !/^(https?:|mailto:)/i.test(value) && !formula)
            found.add(`${name}=${value}`);
          if (/^(id|name|style)$/i.test(name) && !formula) found.add(`${name}=${value}`);
          if (name === "class" && /banner|approval|toast|dialog|sidebar|composer/.test(value))
            found.add(`class=${value}`);
        }
      }
    };
    for (let at = 0; at < text.length; at += size) {
      stream.grow(text.slice(0, at + size));
      await painted();
      look();
    }
    stream.end();
    look();
    live.remove();
    return [...found];
  },

  /** Streams `text` at so many characters a millisecond and returns the long tasks meanwhile, in ms. */
  async pace(text, charactersPerMs) {
    const root = document.createElement("div");
    root.className = "prose";
    document.querySelector("main").append(root);
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
    observer.observe({ entryTypes: ["longtask"] });
    const stream = new MarkdownStream(root);
    const start = performance.now();
    await new Promise((done) => {
      const timer = setInterval(() => {
        const at = Math.floor((performance.now() - start) * charactersPerMs);
        stream.grow(text.slice(0, at));
        if (at >= text.length) {
          clearInterval(timer);
          stream.end(text);
          done();
        }
      }, 1);
    });
    await new Promise((done) => setTimeout(done, 300));
    observer.disconnect();
    root.remove();
    return tasks.map((task) => task.duration);
  },
};
