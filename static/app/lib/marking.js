// What people do in margins, and with the menu of a message: the calls behind it.
import { post } from "./api.js";
import { gettext } from "./gettext.js";
import { placeOfKey } from "./marks.js";
import { say, tried } from "./said.js";

/**
 * @param {object} page
 * @param {import("./conversation-store.js").ConversationStore} page.store
 * @param {string} page.here the address of the conversation
 * @param {(key: string) => void} page.compose opens the field for a comment
 * @returns {Record<string, (detail: any) => unknown>} by the events that ask for it
 */
export function marking({ store, here, compose }) {
  return {
    "marks:react": async ({ key, emoji, on }) => {
      const answer = await tried(() => post(`${here}reactions/`, { ...placeOfKey(key), emoji, on }));
      if (answer?.reaction) store.takeReaction(answer.reaction);
    },
    "marks:bookmark": async ({ key, on }) => {
      if (!(await tried(() => post(`${here}bookmarks/`, { ...placeOfKey(key), on })))) return;
      store.marks.bookmark(key, on);
      say(on ? gettext("It stands in your bookmarks now.") : gettext("Taken out of your bookmarks."));
    },
    "marks:comment": ({ key }) => compose(key),
    "marks:save-comment": async ({ key, output, text, client_id, done }) => {
      const place = output ? { ...placeOfKey(key), output } : placeOfKey(key);
      const answer = await tried(() => post(`${here}notes/`, { ...place, text, client_id }));
      if (!answer) return;
      store.takeNote(answer.note);
      done();
    },
    "marks:link": async ({ turn }) => {
      const branch = store.turn(Number(turn))?.branch;
      await navigator.clipboard.writeText(`${location.origin}${here}?branch=${branch}#turn-${turn}`);
      say(gettext("The link is copied. It opens for those who are in this conversation."));
    },
  };
}
