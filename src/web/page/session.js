/**
 * Who sits here: the token (for this tab alone, in no URL that is sent anywhere) and the name for the record. A link may
 * bring the token behind `#token=`, which a browser never sends; it is taken out of the address at once.
 */
const TOKEN = 'landfall-token'
const NAME = 'landfall-name'

export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return
  sessionStorage.setItem(TOKEN, given)
  history.replaceState(null, '', location.pathname + location.search)
}

export const token = () => sessionStorage.getItem(TOKEN) ?? ''
/** @param {string} value */
export const setToken = (value) => sessionStorage.setItem(TOKEN, value.trim())
export const forgetToken = () => sessionStorage.removeItem(TOKEN)

export const name = () => localStorage.getItem(NAME) ?? ''
/** @param {string} value */
export const setName = (value) => localStorage.setItem(NAME, value.trim())
