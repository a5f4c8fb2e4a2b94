// Keys of a page. `data-key` gives an element one: a field gets the focus, a link or button is
// pressed. Inside `data-rows`, j and k (and the arrows, once there) go along the links that bear
// `data-row`; Enter opens the one that has the focus, as with every link. `data-key-words` and
// `data-rows-words` say what a key does, for the dialogue that lists them.
const SWITCH = 'keys'
const FIELDS = 'input, select, textarea, [contenteditable]'
const STEPS = { j: 1, k: -1 }
const ARROWS = { ArrowDown: 1, ArrowUp: -1 }

// Single letters can get in the way of speech input, so a browser can do without them.
const areOn = () => localStorage.getItem(SWITCH) !== 'off'

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return
  if (event.ctrlKey || event.metaKey || event.altKey || !areOn()) return
  if (event.target.closest(FIELDS) || document.querySelector('dialog[open]')) return
  if (step(event) || press(event.key)) event.preventDefault()
})

function step({ key, target }) {
  const links = [...document.querySelectorAll('[data-rows] [data-row]')]
  const at = links.indexOf(target)
  const by = STEPS[key] ?? (at >= 0 ? ARROWS[key] : undefined)
  if (!by || !links.length) return false
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)
  links[next].focus({ preventScroll: true })
  links[next].scrollIntoView({ block: 'nearest' })
  return true
}

function press(key) {
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`)
  if (!found) return false
  if (found.matches(FIELDS)) {
    found.focus()
    found.select?.()
  } else {
    found.click()
  }
  return true
}

// The dialogue lists what the page has as it is opened.
function list(into) {
  const lines = [...document.querySelectorAll('[data-key-words]')]
    .filter((one) => one.dataset.key)
    .map((one) => [[one.dataset.key], one.dataset.keyWords])
  for (const rows of document.querySelectorAll('[data-rows-words]')) {
    lines.push([Object.keys(STEPS), rows.dataset.rowsWords])
  }
  into.replaceChildren(...lines.flatMap(([keys, words]) => line(keys, words)))
}

function line(keys, words) {
  const term = document.createElement('dt')
  const said = document.createElement('dd')
  for (const key of keys) {
    const cap = document.createElement('kbd')
    cap.textContent = key
    term.append(cap, ' ')
  }
  said.textContent = words
  return [term, said]
}

document.addEventListener(
  'click',
  (event) => {
    const opener = event.target.closest('[data-opens]')
    const into = opener && document.getElementById(opener.dataset.opens)?.querySelector('[data-keys]')
    if (into) list(into)
  },
  true,
)

document.addEventListener('change', ({ target }) => {
  if (!target.matches('[data-keys-on]')) return
  if (target.checked) localStorage.removeItem(SWITCH)
  else localStorage.setItem(SWITCH, 'off')
})

for (const box of document.querySelectorAll('[data-keys-on]')) box.checked = areOn()
