import { clock, dollars, duration, tokens } from "../lib/format.js";
import { gettext, ngettext } from "../lib/gettext.js";
import { clone, ref } from "../lib/templates.js";
import { costOf, placeOf, promptOf, referencesOf, titleOf } from "../lib/versions.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/versions.js").Version} Version */
/** @typedef {import("../lib/studio-store.js").StudioStore} StudioStore */

/**
 * `<version-tree>`: what was made, each under what it was made from, and all that is known of the one that is looked at.
 *
 * Events: `studio:look` ({ id }), `studio:change` ({ id, change }), `studio:refer` ({ id }), `studio:recall` ({ id }),
 * `studio:partial` ({ picture }).
 */
class VersionTree extends AppElement {
  /** @type {StudioStore | undefined} */ #store;
  /** @type {Version | undefined} */ #shown;
  /** By their addresses: a picture that moves to a new row is not loaded and decoded again. */
  /** @type {Map<string, HTMLImageElement>} */
  #thumbnails = new Map();

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    const form = /** @type {HTMLFormElement | null} */ (this.querySelector("form[data-ref=naming]"));
    if (form)
      this.on(form, "submit", () =>
        this.#tell("change", {
          change: { name: /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).value },
        }),
      );
  }

  /**
   * @param {StudioStore} store
   * @param {Version | undefined} shown
   */
  update(store, shown) {
    const other = shown?.id !== this.#shown?.id;
    this.#store = store;
    this.#shown = shown;
    const versions = store.versions;
    const forming = store.running;
    const list = /** @type {HTMLElement} */ (this.querySelector(".tree"));
    const focused = document.activeElement?.closest("li")?.dataset.id;
    list.replaceChildren(...this.#branches(null));
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${focused}"] > a`))?.focus();
    ref(this, "none").hidden = versions.length + forming.length > 0;
    ref(this, "sum").textContent = sumOf(store);
    ref(this, "details").hidden = !shown;
    if (shown) this.#describe(shown, other);
  }

  /** @param {string | null} parent @returns {HTMLElement[]} */
  #branches(parent) {
    const store = /** @type {StudioStore} */ (this.#store);
    const made = store.versions.filter((version) => version.parent === parent).map((version) => this.#row(version));
    const forming = store.running
      .filter((turn) => placeOf(turn, store.versions, store.links) === parent)
      .map((turn) => this.#formingRow(turn));
    return [...made, ...forming];
  }

  /** @param {Version} version */
  #row(version) {
    const { id, number, picture, turn, likedBy } = version;
    const row = clone("version-template");
    row.dataset.id = id;
    const link = /** @type {HTMLAnchorElement} */ (row.querySelector("a"));
    link.href = `#${id}`;
    if (id === this.#shown?.id) link.ariaCurrent = "true";
    row.querySelector(".frame")?.append(this.#thumbnail(picture.url));
    ref(row, "name").textContent = `${number} · ${titleOf(version)}`;
    const votes = likedBy.length ? ` · ${ngettext("%(count)s vote", "%(count)s votes", likedBy.length)}` : "";
    const main = id === this.#store?.main?.id ? ` · ${gettext("main one")}` : "";
    ref(row, "about").textContent = `${authorOf(turn)}${clock(turn.timing.queued_at)}${votes}${main}`;
    this.#hang(row, this.#branches(id));
    return row;
  }

  /** @param {import("../types").Turn} turn */
  #formingRow(turn) {
    const row = clone("version-template");
    row.dataset.turn = String(turn.id);
    ref(row, "name").textContent = gettext("forming");
    this.#form(row, turn);
    this.#hang(row, []);
    return row;
  }

  /** One turn that streams on. @param {import("../types").Turn} turn */
  updateTurn(turn) {
    const row = this.querySelector(`.tree li[data-turn="${turn.id}"]`);
    if (row instanceof HTMLElement) this.#form(row, turn);
  }

  /**
   * @param {HTMLElement} row
   * @param {import("../types").Turn} turn
   */
  #form(row, turn) {
    const partials = this.#store?.partials.get(turn.id) ?? [];
    const last = partials.at(-1);
    if (last) this.#swap(/** @type {HTMLElement} */ (row.querySelector(".frame")), last.url);
    const words = partials.length
      ? gettext("partial %(number)s", { number: partials.length })
      : authorOf(turn) + gettext("waiting");
    if (ref(row, "about").textContent !== words) ref(row, "about").textContent = words;
  }

  /**
   * Shows the next state once it is decoded: until then the one before stays.
   * @param {HTMLElement} frame
   * @param {string} url
   */
  async #swap(frame, url) {
    if (frame.dataset.url === url) return;
    frame.dataset.url = url;
    const image = this.#thumbnail(url);
    image.loading = "eager";
    try {
      await image.decode();
    } catch {
      return; // gone: what is shown stays
    }
    if (frame.dataset.url === url) frame.replaceChildren(image);
  }

  /** @param {string} url @returns {HTMLImageElement} */
  #thumbnail(url) {
    const known = this.#thumbnails.get(url);
    if (known) return known;
    const image = document.createElement("img");
    image.src = `${url}preview/`;
    image.alt = "";
    image.loading = "lazy";
    image.decoding = "async";
    this.#thumbnails.set(url, image);
    return image;
  }

  /**
   * @param {HTMLElement} row
   * @param {HTMLElement[]} branches
   */
  #hang(row, branches) {
    const list = /** @type {HTMLElement} */ (row.querySelector("ul"));
    if (branches.length) list.append(...branches);
    else list.remove();
  }

  /**
   * @param {Version} version
   * @param {boolean} other whether another one was described before
   */
  #describe(version, other) {
    const store = /** @type {StudioStore} */ (this.#store);
    const { turn, number, likedBy, picture } = version;
    ref(this, "heading").textContent = gettext("Version %(number)s", { number });
    const cost = costOf(turn, store.makers);
    const took = turn.timing.done_ms === null ? "" : duration(turn.timing.done_ms);
    /** @type {[string, string][]} */
    const facts = [
      [gettext("Parent"), parentWords(version, store)],
      [gettext("Prompt"), promptOf(turn)],
      [gettext("Revised"), String(version.item.revised_prompt ?? "")],
      [gettext("References"), String(referencesOf(turn).length || "")],
      [
        gettext("Picture"),
        [`${picture.width} × ${picture.height}`, version.item.quality, version.item.output_format]
          .filter(Boolean)
          .join(", "),
      ],
      [gettext("Model"), turn.making?.image_model ?? turn.model_label],
      [gettext("Usage"), usageOf(turn)],
      [gettext("Cost"), cost === null ? "" : dollars(cost)],
      [gettext("Took"), took],
      [gettext("Remarks"), turn.remarks.join(" ")],
    ];
    ref(this, "facts").replaceChildren(
      ...facts
        .filter(([, value]) => value)
        .flatMap(([name, value]) => [textElement("dt", name), textElement("dd", value)]),
    );
    const use = /** @type {HTMLButtonElement | null} */ (this.querySelector("[data-do=main]"));
    if (use) use.disabled = version.id === store.main?.id;
    const likes = likedBy.includes(store.me.id);
    const heart = this.querySelector("[data-do=like]");
    if (heart) heart.ariaPressed = String(likes);
    ref(this, "likes").textContent = gettext("Favourite") + (likedBy.length ? ` · ${likedBy.length}` : "");
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector("input[name=name]"));
    if (field && (other || document.activeElement !== field)) field.value = version.name;
    const comments = /** @type {import("./version-comments.js").VersionComments} */ (
      this.querySelector("version-comments")
    );
    comments.update(store, version);
    this.#showPartials(store.partials.get(turn.id) ?? []);
  }

  /** @param {import("../types").Picture[]} partials */
  #showPartials(partials) {
    const box = ref(this, "partials");
    box.hidden = partials.length === 0;
    const rows = partials.map((picture, index) => {
      const row = clone("partial-template");
      const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
      button.ariaLabel = gettext("Go on from partial %(number)s", { number: index + 1 });
      button.dataset.partial = String(index);
      const image = /** @type {HTMLImageElement} */ (row.querySelector("img"));
      image.src = picture.url;
      return row;
    });
    box.querySelector("ul")?.replaceChildren(...rows);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest(".tree a")?.closest("li");
    if (row instanceof HTMLElement) {
      event.preventDefault();
      if (row.dataset.id) this.emit("studio:look", { id: row.dataset.id });
      return;
    }
    const button = target.closest("button");
    if (!button || !this.#shown) return;
    const partial = button.dataset.partial;
    if (partial !== undefined) {
      const picture = this.#store?.partials.get(this.#shown.turn.id)?.[Number(partial)];
      this.emit("studio:partial", { picture });
    } else if (button.dataset.do === "like") this.#tell("change", { change: { liked: button.ariaPressed !== "true" } });
    else if (button.dataset.do === "main") this.#tell("change", { change: { main: true } });
    else if (button.dataset.do === "reference") this.#tell("refer");
    else if (button.dataset.do === "recall") this.#tell("recall");
  }

  /**
   * @param {string} what
   * @param {object} [more]
   */
  #tell(what, more) {
    if (this.#shown) this.emit(`studio:${what}`, { id: this.#shown.id, ...more });
  }
}

/** @param {import("../types").Turn} turn */
function authorOf(turn) {
  const author = turn.input.find(({ role }) => role === "user")?.author;
  return author ? `${author.name}, ` : "";
}

/**
 * @param {Version} version
 * @param {StudioStore} store
 */
function parentWords(version, store) {
  const { turn } = version;
  const number = store.version(version.parent)?.number;
  const parent = number ? String(number) : turn.making?.parent ? gettext("a picture that was given") : "";
  return parent && turn.making?.mask ? gettext("%(parent)s, inside a mask", { parent }) : parent;
}

/** @param {import("../types").Turn} turn */
function usageOf({ usage }) {
  const { input_tokens: read, output_tokens: written } = usage ?? {};
  return read === undefined ? "" : tokens(read, written ?? 0);
}

/** @param {StudioStore} store */
function sumOf(store) {
  if (!store.versions.length) return "";
  const turns = new Set(store.versions.map(({ turn }) => turn));
  const costs = [...turns].map((turn) => costOf(turn, store.makers)).filter((cost) => cost !== null);
  const sum = costs.length ? ` · ${dollars(costs.reduce((total, cost) => total + cost, 0))}` : "";
  return `${store.versions.length}${sum}`;
}

/**
 * @param {string} name
 * @param {string} text
 */
function textElement(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

customElements.define("version-tree", VersionTree);
export { VersionTree };
