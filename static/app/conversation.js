// The page of one conversation: state from the page, frames from the socket, writes over HTTP.
import "./elements/answer-inspector.js";
import "./elements/answer-form.js";
import "./elements/branch-line.js";
import "./elements/branch-switch.js";
import "./elements/chat-composer.js";
import "./elements/chat-log.js";
import "./elements/company-line.js";
import "./elements/conversation-menu.js";
import "./elements/conversation-options.js";
import "./elements/kept-line.js";
import "./elements/message-options.js";
import "./elements/message-menu.js";
import "./elements/seen-by.js";
import "./elements/status-line.js";
import "./elements/tool-switches.js";
import { backFromPanel, remember, remembered } from "./lib/addresses.js";
import { CallFailed, get, post } from "./lib/api.js";
import { ConversationStore } from "./lib/conversation-store.js";
import { gettext } from "./lib/gettext.js";
import { marking } from "./lib/marking.js";
import { NewLine } from "./lib/new-line.js";
import { Outbox } from "./lib/outbox.js";
import { ReadReports, markUnread } from "./lib/read-reports.js";
import { say, tried } from "./lib/said.js";
import { showInSidebar } from "./lib/sidebar-row.js";
import { ConversationSocket } from "./lib/socket.js";
import { changesWork } from "./lib/turns.js";
import { showFaces } from "./views/faces.js";

/** @type {import("./types").PageState} */
const state = JSON.parse(document.getElementById("conversation-state")?.textContent ?? "");
const here = `/conversations/${state.conversation.id}/`;

const store = new ConversationStore(state);
const log = /** @type {import("./elements/chat-log.js").ChatLog} */ (document.querySelector("chat-log"));
const status = /** @type {import("./elements/status-line.js").StatusLine} */ (document.querySelector("status-line"));
const line = /** @type {import("./elements/branch-line.js").BranchLine} */ (document.querySelector("branch-line"));
const composer = /** @type {import("./elements/chat-composer.js").ChatComposer | null} */ (
  document.querySelector("chat-composer")
);
const menu = /** @type {import("./elements/conversation-menu.js").ConversationMenu} */ (
  document.querySelector("conversation-menu")
);
const faces = /** @type {HTMLElement} */ (document.querySelector("[data-ref=faces]"));
const options = /** @type {import("./elements/conversation-options.js").ConversationOptions} */ (
  document.querySelector("conversation-options")
);
const form = /** @type {import("./elements/answer-form.js").AnswerForm | null} */ (
  document.querySelector("answer-form")
);
const own = /** @type {import("./elements/message-options.js").MessageOptions | null} */ (
  document.querySelector("message-options")
);
const kept = /** @type {import("./elements/kept-line.js").KeptLine | null} */ (document.querySelector("kept-line"));
const switches = /** @type {import("./elements/tool-switches.js").ToolSwitches | null} */ (
  document.querySelector("tool-switches")
);
const messageMenu = /** @type {import("./elements/message-menu.js").MessageMenu} */ (
  document.querySelector("message-menu")
);
const company = /** @type {import("./elements/company-line.js").CompanyLine} */ (
  document.querySelector("company-line")
);
const sidebar = /** @type {import("./elements/side-bar.js").SideBar} */ (document.querySelector("side-bar"));
const inspector = /** @type {import("./elements/answer-inspector.js").AnswerInspector} */ (
  document.querySelector("answer-inspector")
);
const socket = new ConversationSocket(address);
const reports = new ReadReports(
  () => store.position,
  (position) => socket.send({ type: "read", position }),
);
const outbox = new Outbox(store, here, taken);
let moving = 0; // calls on their way that make another branch the main one

function address() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = new URLSearchParams({ after: String(store.position), streams: String(store.streams) });
  return `${scheme}//${location.host}/ws${here}?${query}`;
}

/**
 * The server has taken a message or made a turn: the writer looks at its branch.
 * @param {{ turn: import("./types").Turn, branch: number }} answer
 */
function taken({ turn, branch }) {
  store.accept(turn, branch);
  rememberBranch();
}

function rememberBranch(how = /** @type {"pushState" | "replaceState"} */ ("replaceState")) {
  remember(here, { branch: store.follows ? null : store.branch, inspected: inspector.shown }, how);
}

/** @param {number | null} branch null: the main one */
async function open(branch) {
  const page = await tried(() => get(`${here}turns/?branch=${branch ?? store.conversation.branch ?? ""}`));
  if (page) store.show(page);
  return Boolean(page);
}

async function loadOlder() {
  const page = await get(`${here}turns/?before=${store.before}&branch=${store.branch}`).catch(() => undefined);
  if (!page) return log.failedUp();
  store.prepend(page);
  log.grewUp();
}

/** An address may name a turn, as those that a search finds do: it is loaded from as far back as it stands. */
async function toNamedTurn() {
  const id = Number(/^#turn-(\d+)$/.exec(location.hash)?.[1]);
  if (!id) return;
  // Ids grow along a branch, so one that is passed is not on it
  while (!store.turn(id) && store.before !== null && (store.path[0]?.id ?? 0) > id) {
    const before = store.before;
    await loadOlder();
    if (store.before === before) return; // it could not be loaded, which the log says
  }
  log.toTurn(id);
}

function refresh() {
  const { conversation } = store;
  const title = conversation.title || gettext("New conversation");
  document.title = `${title} · Salon`;
  for (const heading of document.querySelectorAll(".bar [data-ref=title]")) {
    if (heading.textContent !== title) heading.textContent = title;
  }
  showInSidebar({ id: conversation.id, title, running: store.atWork.size > 0 });
  const opening = document.querySelector(".opening");
  if (opening instanceof HTMLElement) opening.hidden = store.entries.length > 0;
  log.hidden = store.entries.length === 0;
  log.toggleAttribute("shared", conversation.people.count > 1);
  status.update(store);
  line.update(store);
  inspector.watch(store.turn(inspector.shown ?? 0));
  menu.conversation = conversation;
  showFaces(faces, conversation.people, company.presence);
  options.update(conversation, store.model);
  own?.update(conversation, store.model);
  form?.update(conversation, store.model);
  kept?.update(store);
  if (switches) {
    switches.offered = conversation.offered;
    switches.takes = store.model?.takes ?? [];
  }
  if (composer) {
    composer.shared = conversation.people.count > 1;
    composer.running = store.running.length > 0;
    composer.model = conversation.model;
    composer.sees = store.model?.vision ?? true;
  }
}

store.addEventListener("change", (event) => {
  // Words that stream change nothing outside the log
  if (/** @type {CustomEvent} */ (event).detail === null) refresh();
});
store.addEventListener("resync", (event) =>
  socket.send({ type: "resync", response: /** @type {CustomEvent} */ (event).detail }),
);
store.addEventListener("gap", () => socket.reconnect());
store.addEventListener("switch", async () => {
  if (await open(store.branch)) rememberBranch();
});
store.addEventListener("moved", () => {
  if (!moving) say(gettext("The conversation went on on another branch. What you read is kept under Branches."));
});
// What one may do here is another from now on, so the page is
store.addEventListener("role", () => location.reload());
store.addEventListener("deleted", () => location.assign("/"));
store.addEventListener("reload", async () => {
  const page = await tried(() => get(`${here}turns/?branch=${store.branch ?? ""}`));
  if (page) store.reload(page);
  socket.reconnect();
});

socket.addEventListener("frames", (event) => {
  const frames = /** @type {import("./types").Frame[]} */ (/** @type {CustomEvent} */ (event).detail);
  store.apply(frames);
  reports.look();
  for (const frame of frames) if (frame.type === "unread") sidebar.showUnread(frame);
  if (frames.some((frame) => changesWork(frame, store.me))) document.dispatchEvent(new Event("work:changed"));
  if (company.hear(frames, store.me)) showFaces(faces, store.conversation.people, company.presence);
});
socket.addEventListener("state", (event) => {
  status.connection = /** @type {CustomEvent} */ (event).detail;
  status.update(store);
  if (socket.state !== "open") return;
  outbox.flush();
  reports.again();
});
socket.addEventListener("closed", (event) => {
  if (/** @type {CustomEvent} */ (event).detail === "signed-out")
    location.assign(`/accounts/login/?next=${encodeURIComponent(here)}`);
  else location.reload(); // the server says in its own words that this is not shared with the viewer any more
});

/** @type {Record<string, (detail: any) => unknown>} */
const actions = {
  ...marking({ store, here, compose: (key) => log.comment(key) }),
  "chat:menu": ({ key, turn }) => messageMenu.aim({ key, turn, marks: store.marks }),
  "chat:send": ({ text, attachments, to }) => {
    if (to === "people") {
      outbox.add({ text, to });
    } else {
      const options = own?.value || form?.value ? { ...own?.value, ...form?.value } : undefined;
      outbox.add({ text, attachments, options });
      own?.reset();
      form?.reset();
    }
    log.toLatest();
  },
  "chat:edit": ({ id, text, attachments }) => outbox.add({ text, edits: id, attachments }),
  "chat:again": ({ clientId }) => {
    outbox.again(clientId);
    composer?.area.focus(); // the button goes
  },
  "chat:delete-note": ({ id }) => tried(() => post(`${here}notes/${id}/delete/`)),
  "chat:unfocused": () => composer?.area.focus(),
  "chat:back": ({ clientId }) => {
    const { text = "", attachments } = store.pending.find((pending) => pending.client_id === clientId) ?? {};
    store.dropPending(clientId);
    composer?.fill(text, attachments);
  },
  "chat:stop": () => {
    const [turn] = store.running; // those behind it wait for it and go on
    if (turn) tried(() => post(`${here}responses/${turn.id}/stop/`));
  },
  "chat:regenerate": async ({ id }) => {
    const older = store.tail?.id !== id;
    const answer = await moved(`${here}responses/${id}/regenerate/`);
    if (!answer) return;
    if (older) say(gettext("Answering again on a new branch. What came after stays on the branch before."));
    else say(gettext("Answering again on a new branch. The answer before stays beside it."));
  },
  "chat:continue": async ({ id }) => {
    const before = store.branch;
    const answer = await moved(`${here}responses/${id}/continue/`);
    if (answer && answer.branch !== before)
      say(gettext("Going on on a new branch. What came after stays on the branch before."));
  },
  "chat:branch": async ({ branch }) => {
    if (await open(branch)) rememberBranch("pushState");
  },
  "branch:main": async ({ branch }) => {
    if (!(await moved(`${here}branches/${branch}/main/`))) return;
    say(gettext("This is the main branch now, for everybody here."));
    composer?.area.focus(); // the button goes
  },
  "chat:inspect": ({ id }) => {
    options.close(); // there is room for one panel
    inspector.open(id);
  },
  "inspector:moved": ({ id }) => {
    if (id === null && backFromPanel()) return;
    rememberBranch(remembered("inspect") === null ? "pushState" : "replaceState");
  },
  "chat:older": loadOlder,
  "chat:typing": ({ to }) => socket.send({ type: "typing", to }),
  "chat:edit-last": () => log.editLast(),
  "chat:model": ({ model }) => save({ model }),
  "chat:tool": async ({ kind, key, on }) => {
    const answer = await tried(() => post(`${here}tools/`, { [kind]: { [key]: on } }));
    if (answer) store.update(answer.conversation);
    else refresh();
  },
  "chat:decide": async ({ id, decision, digest, note, failed }) => {
    const answer = await tried(() => post(`${here}approvals/${id}/`, { decision, digest, note }));
    if (answer) store.accept(answer.turn, /** @type {number} */ (store.branch));
    else failed();
  },
  "chat:said": ({ text }) => say(text),
  "conversation:save": (change) => save(change),
  "options:save": async ({ change, done, failed }) => {
    try {
      stored(await post(`${here}update/`, change));
      done();
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      failed(error.unreachable ? gettext("No connection. Try again when you are online.") : error.message);
    }
  },
  "conversation:unread": () => markUnread(here),
  "conversation:delete": async () => {
    if (await tried(() => post(`${here}delete/`))) location.assign("/");
  },
};
for (const [name, act] of Object.entries(actions)) {
  document.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));
}

/**
 * Makes a call after which the viewer may look at another branch.
 * @param {string} path
 */
async function moved(path) {
  moving += 1;
  const answer = await tried(() => post(path));
  moving -= 1;
  if (answer?.turn) taken(answer);
  return answer;
}

/** @param {Partial<import("./types").Conversation>} change */
async function save(change) {
  const answer = await tried(() => post(`${here}update/`, change));
  if (!answer) return refresh(); // what the controls show is what is stored
  stored(answer);
  if ("pinned" in change || "archived" in change) sidebar.search(); // its row goes to another group, or leaves
  if ("muted" in change)
    say(change.muted ? gettext("Muted. You get no notices of this conversation.") : gettext("Not muted any more."));
  if (change.archived) say(gettext("Archived. It stays readable in the archive."));
}

/** @param {{ conversation: Partial<import("./types").Conversation>, said: string }} answer */
function stored({ conversation, said }) {
  store.update(conversation);
  if (said) say(said);
}

for (const button of document.querySelectorAll("[data-menu=options]")) {
  button.addEventListener("click", () => {
    inspector.close();
    options.toggle();
  });
}
document.querySelector("[data-action=latest]")?.addEventListener("click", () => {
  log.toLatest();
  composer?.area.focus();
});
for (const start of document.querySelectorAll("[data-start]")) {
  start.addEventListener("click", () => composer?.fill(start.getAttribute("data-start") ?? ""));
}
addEventListener("popstate", () => {
  const branch = remembered("branch");
  if ((branch ?? store.conversation.branch) !== store.branch) open(branch);
  inspector.show(remembered("inspect"));
});

log.news = new NewLine(state.new);
log.show(store);
inspector.show(remembered("inspect"));
refresh();
toNamedTurn();
addEventListener("hashchange", toNamedTurn);
socket.open();
if (inspector.shown === null) composer?.area.focus({ preventScroll: true });
document.documentElement.dataset.ready = "";
