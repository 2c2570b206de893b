/**
 * Makes `into`'s children equal to `from`'s and keeps every node that can stay, so that a selection, the focus and what
 * somebody reads are not torn away. Takes the nodes of `from`.
 * @param {Node} into
 * @param {Node} from
 */
export function patch(into, from) {
  let old = into.firstChild;
  let fresh = from.firstChild;
  while (old && fresh) {
    const [nextOld, nextFresh] = [old.nextSibling, fresh.nextSibling];
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) into.replaceChild(fresh, old);
    else if (old instanceof Text && fresh instanceof Text) patchText(old, fresh);
    else if (old instanceof Element && fresh instanceof Element && !old.isEqualNode(fresh)) patchElement(old, fresh);
    old = nextOld;
    fresh = nextFresh;
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
  if (fresh) into.appendChild(restFrom(fresh));
}

/**
 * @param {Text} old
 * @param {Text} fresh
 */
function patchText(old, fresh) {
  if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.data.length));
  else old.data = fresh.data;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function patchElement(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  // The inside of a formula is one picture: parts of two of them do not mix
  if (fresh.classList.contains("math")) old.replaceChildren(...fresh.childNodes);
  else patch(old, fresh);
}

/** @param {ChildNode} first */
function restFrom(first) {
  const rest = document.createDocumentFragment();
  for (let node = /** @type {ChildNode | null} */ (first); node;) {
    const next = node.nextSibling;
    rest.append(node);
    node = next;
  }
  return rest;
}
