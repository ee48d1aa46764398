/**
 * The few things the page needs of the DOM. Text is always set as text, never as markup: whatever a key holds, it is
 * shown and does nothing.
 */

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function at(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/**
 * An element with attributes (`class`, `data-...`, `aria-...`; `onclick` as a listener; `undefined` leaves one out) and
 * children.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string | boolean | undefined | ((event: Event) => void)>>} attributes
 * @param {readonly Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    element.append(typeof child === 'number' ? String(child) : child)
  }
  return element
}

/**
 * Sets a text only where it changed, so that a selection in it survives.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Makes the children of `parent` those of `keys`, in their order. What was there under the same key is kept and brought
 * up to date, so that the focus and what is unfolded stay where they are.
 *
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, create: (item: T) => Element, update: (element: Element, item: T) => void }} how
 */
export function sync(parent, items, { key, create, update }) {
  /** @type {Map<string, Element>} */
  const old = new Map()
  for (const child of parent.children) old.set(/** @type {HTMLElement} */ (child).dataset['key'] ?? '', child)
  /** @type {Element | null} */
  let before = parent.firstElementChild
  for (const item of items) {
    const name = key(item)
    const known = old.get(name)
    const element = known ?? create(item)
    old.delete(name)
    if (known === undefined) /** @type {HTMLElement} */ (element).dataset['key'] = name
    update(element, item)
    if (element === before) before = element.nextElementSibling
    else parent.insertBefore(element, before)
  }
  for (const gone of old.values()) gone.remove()
}

/** A list item of a title and a line below it. */
export const createItem = () => make('li', {}, make('strong', {}), make('span', { class: 'facts' }))

/** @param {Element} element @param {string} title @param {string} facts */
export function fillItem(element, title, facts) {
  const [first, second] = element.children
  if (first !== undefined) say(first, title)
  if (second !== undefined) say(second, facts)
}
