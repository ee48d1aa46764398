/** One dialog for all that is asked of the person: an order to confirm, a token to sign in with. */
import { Refusal } from './ask.js'
import { at, make, say } from './dom.js'
import { forgetToken, name, setName, setToken, token } from './session.js'

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {readonly (string | Node)[]} body
 * @property {string} go What the button says.
 * @property {boolean} [because] Whether a reason is asked for.
 * @property {boolean} [anonymous] Whether the name is left out.
 * @property {boolean} [grave]
 * @property {(answer: { by: string, because: string }) => Promise<void>} work Throws what the dialog then shows.
 */

const box = () => /** @type {HTMLDialogElement} */ (at('dialog'))
const input = (/** @type {string} */ id) => /** @type {HTMLInputElement | HTMLTextAreaElement} */ (at(id))
const go = () => /** @type {HTMLButtonElement} */ (at('dialog-go'))

/** @type {Question | undefined} */
let asking

export function startDialog() {
  at('dialog-cancel').addEventListener('click', () => box().close())
  box().addEventListener('close', () => {
    asking = undefined
  })
  at('dialog-form').addEventListener('submit', (event) => {
    event.preventDefault()
    void answer()
  })
}

/** @param {Question} question */
export function ask(question) {
  asking = question
  say(at('dialog-title'), question.title)
  at('dialog-body').replaceChildren(
    ...question.body.map((part) => (typeof part === 'string' ? make('p', {}, part) : part)),
  )
  at('dialog-because-field').hidden = question.because !== true
  at('dialog-name-field').hidden = question.anonymous === true
  at('dialog-token-field').hidden = token() !== ''
  input('dialog-because').value = ''
  input('dialog-name').value = name()
  input('dialog-token').value = ''
  say(at('dialog-fault'), '')
  say(go(), question.go)
  go().dataset['grave'] = String(question.grave === true)
  go().disabled = false
  box().showModal()
  const empty = ['because', 'name', 'token'].map((field) => at(`dialog-${field}-field`)).find((field) => !field.hidden)
  const first = /** @type {HTMLElement | null | undefined} */ (empty?.querySelector('input, textarea'))
  if (question.because !== true && name() !== '' && token() !== '') go().focus()
  else first?.focus()
}

async function answer() {
  const question = asking
  if (question === undefined) return
  const by = input('dialog-name').value.trim()
  const because = input('dialog-because').value.trim()
  if (question.because === true && because === '') return fault('Say why: the reason is kept with each version.')
  if (question.anonymous !== true && by === '') return fault('Say who you are: it is kept in the record.')
  if (!at('dialog-token-field').hidden) {
    if (input('dialog-token').value.trim() === '') return fault('The token is needed.')
    setToken(input('dialog-token').value)
  }
  if (by !== '') setName(by)
  go().disabled = true
  try {
    await question.work({ by, because })
    box().close()
  } catch (error) {
    go().disabled = false
    if (error instanceof Refusal && error.status === 401) {
      forgetToken()
      at('dialog-token-field').hidden = false
      fault('That is not the token.')
      input('dialog-token').focus()
    } else fault(error instanceof Error ? error.message : String(error))
  }
}

/** @param {string} text */
function fault(text) {
  say(at('dialog-fault'), text)
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer

/** @param {string} text */
export function toast(text) {
  const line = at('toast')
  say(line, text)
  line.dataset['shown'] = 'true'
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => {
    line.dataset['shown'] = 'false'
  }, 8000)
}
