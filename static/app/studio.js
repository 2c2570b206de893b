// The page of a work: state from the page, frames from the socket of its conversation, writes over HTTP.
import "./elements/canvas-extension.js";
import "./elements/mask-editor.js";
import "./elements/mask-numbers.js";
import "./elements/mask-upload.js";
import "./elements/reference-list.js";
import "./elements/studio-making.js";
import "./elements/studio-queue.js";
import "./elements/studio-stage.js";
import "./elements/version-comments.js";
import "./elements/version-tree.js";
import { CallFailed, get, post } from "./lib/api.js";
import { gettext, ngettext } from "./lib/gettext.js";
import { ConversationSocket } from "./lib/socket.js";
import { StudioStore } from "./lib/studio-store.js";
import { isRunning } from "./lib/turns.js";
import { promptOf, referencesOf, whyNone } from "./lib/versions.js";
import { showFaces } from "./views/faces.js";

/** @type {import("./types").StudioState} */
const state = JSON.parse(document.getElementById("studio-state")?.textContent ?? "");
const here = `/studio/${state.conversation.id}/`;
const chat = `/conversations/${state.conversation.id}/`;

const store = new StudioStore(state);
/** @template {Element} T @param {string} name @returns {T} */
const element = (name) => /** @type {T} */ (document.querySelector(name));
const making = /** @type {import("./elements/studio-making.js").StudioMaking} */ (element("studio-making"));
const stage = /** @type {import("./elements/studio-stage.js").StudioStage} */ (element("studio-stage"));
const queue = /** @type {import("./elements/studio-queue.js").StudioQueue} */ (element("studio-queue"));
const tree = /** @type {import("./elements/version-tree.js").VersionTree} */ (element("version-tree"));
const editor = /** @type {import("./elements/mask-editor.js").MaskEditor} */ (element("mask-editor"));
const socket = new ConversationSocket(address);

/** The version that is looked at. @type {string | undefined} */
let looked = store.version(location.hash.slice(1))?.id ?? store.versions.at(-1)?.id;
/** The turn that is watched while it forms; what comes of it is looked at next. @type {number | undefined} */
let watched = store.running.at(-1)?.id;
/** A picture that is no version and is to be changed: a partial image. @type {import("./types").Picture | undefined} */
let partial;

const GONE = gettext("This picture is not kept here any more. What it was asked for with stays.");

function address() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = new URLSearchParams({ after: String(store.position), streams: String(store.streams) });
  return `${scheme}//${location.host}/ws${chat}?${query}`;
}

function refresh() {
  follow();
  const shown = store.version(looked);
  const turn = watched === undefined ? undefined : store.turns.get(watched);
  const forming = partial ?? (turn && isRunning(turn) ? store.partials.get(turn.id)?.at(-1) : undefined);
  const title = store.conversation.title || gettext("New work");
  document.title = `${title} · ${gettext("Studio")} · Salon`;
  const heading = element(".bar [data-ref=title]");
  heading.textContent = title;
  const faces = element(".bar [data-ref=faces]");
  if (store.conversation.people) showFaces(/** @type {HTMLElement} */ (faces), store.conversation.people);
  tree.update(store, shown);
  queue.update(store, { version: turn || partial ? undefined : looked, turn: turn?.id });
  const words = turn && !isRunning(turn) ? whyNone(turn) : turn ? gettext("Forming") : "";
  stage.masks = store.conversation.may_write && Boolean(making.form && making.maker.masks);
  const kept = store.versions.filter(({ gone }) => !gone);
  const hung = (forming || !turn) && !shown?.gone ? shown : undefined;
  stage.update({ versions: kept, shown: hung, forming, words: !turn && shown?.gone ? GONE : words });
  making.target = partial
    ? { id: partial.id ?? "", words: gettext("the partial image") }
    : shown && !shown.gone
      ? { id: shown.id, words: gettext("version %(number)s", { number: shown.number }) }
      : undefined;
  mask();
  making.times = store.versions.flatMap(({ turn: { timing } }) => (timing.done_ms === null ? [] : [timing.done_ms]));
  const download = /** @type {HTMLAnchorElement} */ (element(".bar [data-ref=download]"));
  download.hidden = !shown || shown.gone;
  if (shown) download.href = `${shown.picture.url}download/`;
  sayWhatRuns();
}

/** Draws once for all that came together: eight results end at about the same time. */
function soon() {
  if (soon.waits) return;
  soon.waits = true;
  const draw = () => {
    soon.waits = false;
    refresh();
  };
  if (document.hidden) setTimeout(draw);
  else requestAnimationFrame(draw);
}
soon.waits = false;

/** Has the editor show what *Edit* would change, and the form whether that has a mask. */
function mask() {
  const target = making.target?.id;
  const picture = partial ?? store.version(looked)?.picture;
  if (stage.view === "mask" && target && picture?.width && picture.height)
    editor.open({
      id: target,
      source: picture.id ?? target,
      url: picture.url,
      width: picture.width,
      height: picture.height,
    });
  making.mask(Boolean(target && editor.works.has(target)));
}

/** Looks at what came of the turn that was watched. */
function follow() {
  const turn = watched === undefined ? undefined : store.turns.get(watched);
  if (!turn || isRunning(turn)) return;
  const made = store.versions.findLast((version) => version.turn.id === turn.id);
  if (!made) return;
  looked = made.id;
  watched = undefined;
}

function sayWhatRuns() {
  const count = store.running.length;
  const words = /** @type {HTMLElement} */ (element(".status [data-ref=words]"));
  let said = count ? ngettext("Making a picture", "Making %(count)s pictures", count) : gettext("Ready");
  if (socket.state === "offline" || socket.state === "reconnecting") said = gettext("Connecting again");
  if (words.textContent !== said) words.textContent = said;
  element(".status [data-ref=lamp]").className = `lamp ${count ? "lit" : "off"}`;
}

/**
 * Makes a call, and says it in a sentence when it fails.
 * @template T
 * @param {() => Promise<T>} call
 * @param {(sentence: string) => void} [failed]
 */
async function tried(call, failed = say) {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    failed(error.unreachable ? gettext("No connection. Try again when you are online.") : error.message);
    return undefined;
  }
}

/** @param {string} text a short word for eye and ear, gone after a while */
function say(text) {
  const notice = /** @type {HTMLElement} */ (element(".toast"));
  notice.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (notice.textContent = ""), 6000);
}
say.timer = 0;

/** @param {string | undefined} id */
function look(id) {
  looked = id;
  watched = partial = undefined;
  history.replaceState(null, "", id ? `#${id}` : here);
  refresh();
}

/**
 * What the mask of a picture adds to a wish: nothing while nobody has painted.
 * @param {string} target
 */
async function masked(target) {
  const taken = await editor.works.take(target);
  return taken.mask ? { ...taken, feather: making.feather } : {};
}

/** @type {Record<string, (detail: any) => unknown>} */
const actions = {
  "studio:make": async ({ wish, edit }) => {
    making.say("");
    const parent = edit ? making.target?.id : undefined;
    const answer = await tried(
      async () => {
        const mask = parent ? await masked(parent) : {};
        return post(`${here}make/`, { ...wish, ...mask, parent, client_id: crypto.randomUUID() });
      },
      (problem) => making.say(problem),
    );
    if (!answer) return;
    making.list?.references.sent();
    store.accept(answer.turns);
    watched = answer.turns[0]?.id;
    partial = undefined;
    if (stage.view !== "look") stage.show("look");
    refresh();
  },
  "studio:look": ({ id }) => look(id),
  "studio:watch": ({ turn }) => {
    watched = turn;
    partial = undefined;
    refresh();
  },
  "studio:stop": ({ turn }) => tried(() => post(`${chat}responses/${turn}/stop/`)),
  "studio:partial": ({ picture }) => {
    if (!picture) return;
    partial = picture;
    watched = undefined;
    refresh();
    making.prompt?.focus();
  },
  "studio:refer": ({ id }) => making.list?.references.addFile(store.version(id)?.picture.id ?? id),
  "studio:recall": ({ id }) => {
    const version = store.version(id);
    if (!version) return;
    const { item, turn } = version;
    const values = Object.fromEntries(
      ["size", "quality", "background", "output_format"].flatMap((name) =>
        typeof item[name] === "string" ? [[name, /** @type {string} */ (item[name])]] : [],
      ),
    );
    const references = referencesOf(turn).flatMap((picture) => (picture.id ? [picture.id] : []));
    making.recall({ prompt: promptOf(turn), maker: turn.making?.maker, values, references });
  },
  "studio:change": async ({ id, change }) => {
    const answer = await tried(() => post(`${here}versions/${id}/`, change));
    if (!answer || !change.main) return;
    const number = store.version(id)?.number ?? "";
    say(gettext("Version %(number)s is the main one now. The chat goes on from it.", { number }));
  },
  "studio:comment": async ({ id, text, done }) => {
    const version = store.version(id);
    const about = { response: version?.turn.id, output: version?.item.id };
    const answer = await tried(() => post(`${chat}notes/`, { text, ...about, client_id: crypto.randomUUID() }));
    if (!answer) return;
    done();
    store.takeNote(answer.note);
  },
  "studio:uncomment": ({ note }) => tried(() => post(`${chat}notes/${note}/delete/`)),
  "studio:view": () => mask(),
  "mask:change": () => mask(),
  "mask:close": () => stage.show("look"),
};
for (const [name, act] of Object.entries(actions))
  document.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));

store.addEventListener("change", (event) => {
  const id = /** @type {CustomEvent} */ (event).detail;
  const turn = id === null ? undefined : store.turns.get(id);
  // While pictures form, only what they form in is drawn again: the one that is looked at first
  if (!turn) return soon();
  const forming = store.partials.get(turn.id)?.at(-1);
  if (turn.id === watched && forming) stage.update({ versions: store.versions, shown: undefined, forming, words: "" });
  queue.updateTurn(turn, { version: watched === undefined ? looked : undefined, turn: watched });
  tree.updateTurn(turn);
});
store.addEventListener("resync", (event) =>
  socket.send({ type: "resync", response: /** @type {CustomEvent} */ (event).detail }),
);
store.addEventListener("gap", () => socket.reconnect());
store.addEventListener("role", () => location.reload());
store.addEventListener("deleted", () => location.assign("/studio/"));
store.addEventListener("reload", async () => {
  const fresh = await tried(() => get(`${here}state/`));
  if (fresh) store.reload(fresh);
  socket.reconnect();
});

socket.addEventListener("frames", (event) => store.apply(/** @type {CustomEvent} */ (event).detail));
socket.addEventListener("state", sayWhatRuns);
socket.addEventListener("closed", (event) => {
  if (/** @type {CustomEvent} */ (event).detail === "signed-out")
    location.assign(`/accounts/login/?next=${encodeURIComponent(here)}`);
  else location.reload();
});
addEventListener("hashchange", () => {
  if (store.version(location.hash.slice(1))) look(location.hash.slice(1));
});

making.begin({ makers: state.makers, work: state.conversation.id, mostResults: state.most_results });
for (const id of new URLSearchParams(location.search).getAll("reference")) making.list?.references.addFile(id);
if (state.recalled) making.recall(state.recalled);
refresh();
socket.open();
document.documentElement.dataset.ready = "";
