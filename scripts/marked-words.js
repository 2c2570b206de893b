// A rule of ESLint: what reads like words for people is marked for translation, with `gettext` and its kin.
const MARKS = new Set(["gettext", "ngettext", "pgettext"]);
const READS = new Set(["textContent", "title", "alt", "placeholder", "ariaLabel", "ariaDescription", "ariaValueText"]);
const CODE = new Set(["className", "cssText", "href", "src", "rel", "ALLOWED_TAGS", "ALLOWED_ATTR"]);
// What takes names, selectors and types, never words
const TAKES_CODE =
  /^(ref|clone|icon|on|emit|closest|matches|querySelector|querySelectorAll|(get|set|has|remove|toggle)Attribute|createElement|createElementNS|(add|remove)EventListener|getElementById|getContext|matchMedia|supports|define|(set|get)Property|Set|Map|CustomEvent|Event|focusOn|startsWith|endsWith|includes|contains|add|toggle|remove|test|addColorStop|split|showIn)$/;
const WORDS = /^[A-Z][a-z’]+([ ,.:;…?!]|$)|[a-z’][.?!…]( |$)|[A-Za-z’]{2,},? +[a-z]{2,}|^[a-z’]{2,} $|^,? [a-z’]{2,}/;

// The same in every language
const NAMES = /\b(Salon|JSON)\b/g;

export default {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      unmarked: "Words for people are marked: gettext(…), ngettext(…) or pgettext(…) of lib/gettext.js.",
      made: "What is marked is written out: places for names and numbers are “%(name)s”.",
    },
  },
  create(context) {
    const check = (node, written) => {
      const text = written.replaceAll(NAMES, "");
      if (text.includes('="')) return; // HTML
      const place = placeOf(node);
      const read = place === "read" && /[A-Za-z]{2}/.test(text);
      if (read || (place === "" && WORDS.test(text))) context.report({ node, messageId: "unmarked" });
    };
    return {
      Literal(node) {
        if (typeof node.value === "string") check(node, node.value);
      },
      TemplateElement(node) {
        check(node, node.value.cooked);
      },
      CallExpression({ callee, arguments: given }) {
        const texts = { gettext: given.slice(0, 1), pgettext: given.slice(0, 2), ngettext: given.slice(0, 2) };
        for (const text of texts[callee.name] ?? [])
          if (typeof text.value !== "string") context.report({ node: text, messageId: "made" });
      },
    };
  },
};

/** Where a text stands: "code" where nobody reads it, "read" where people do, "" where its look has to tell. */
function placeOf(node) {
  for (let at = node, up = at.parent; up; at = up, up = at.parent) {
    switch (up.type) {
      case "ImportDeclaration":
      case "ImportExpression":
      case "ExportNamedDeclaration":
        return at === up.source ? "code" : "";
      case "CallExpression":
      case "NewExpression": {
        if (at === up.callee) break;
        const name = up.callee.property?.name ?? up.callee.name;
        return MARKS.has(name) || TAKES_CODE.test(name) ? "code" : "";
      }
      case "AssignmentExpression": {
        const name = up.left.property?.name;
        return at === up.left || CODE.has(name) ? "code" : READS.has(name) ? "read" : "";
      }
      case "Property":
      case "MemberExpression":
        if (at === (up.key ?? up.property)) return "code";
        if (up.type === "Property") return CODE.has(up.key.name) ? "code" : READS.has(up.key.name) ? "read" : "";
        break;
      case "BinaryExpression":
        if (/^[!=]==?$/.test(up.operator)) return "code";
        break;
      case "SwitchCase":
        if (at === up.test) return "code";
        break;
      case "ArrowFunctionExpression":
      case "BlockStatement":
        return "";
    }
  }
  return "";
}
