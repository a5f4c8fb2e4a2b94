// Filters that open to a list of boxes. Without this script they open, close and are sent just the
// same; with it they close by themselves, count what is chosen, and let one look for a value.
const OPEN = 'details[data-filter-menu][open]'

document.addEventListener('click', ({ target }) => {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (!menu.contains(target)) menu.open = false
  }
})

document.addEventListener('keydown', (event) => {
  const narrows = event.target.closest('[data-narrows]')
  // Enter would send the form.
  if (narrows && event.key === 'Enter') event.preventDefault()
  if (event.key !== 'Escape' || (narrows && narrows.value)) return
  const menu = event.target.closest(OPEN)
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
})

document.addEventListener(
  'toggle',
  ({ target }) => {
    if (!(target instanceof HTMLElement) || !target.matches(OPEN)) return
    // Values that do not fit to the right of where they open stand to the left of it.
    const values = target.querySelector('.filter-values')
    target.classList.remove('is-turned')
    const edge = document.documentElement.clientWidth
    target.classList.toggle('is-turned', values.getBoundingClientRect().right > edge)
    const narrows = target.querySelector('[data-narrows]')
    if (narrows) {
      narrows.hidden = false
      narrows.focus()
    }
  },
  true,
)

document.addEventListener('input', ({ target }) => {
  if (!target.matches('[data-narrows]')) return
  const words = folded(target.value)
  for (const option of target.closest('[data-filter-menu]').querySelectorAll('label')) {
    option.hidden = !folded(option.textContent).includes(words)
  }
})

function folded(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim()
}

document.addEventListener(
  'change',
  (event) => {
    // What is looked for among the values is not asked of the server.
    if (event.target.matches('[data-narrows]')) event.stopPropagation()
    let counted = event.target.closest('[data-counts]')
    while (counted) {
      count(counted)
      counted = counted.parentElement.closest('[data-counts]')
    }
  },
  true,
)

// `data-counts="filters"` counts a filter once, however many values it has.
function count(part) {
  const used = [...part.querySelectorAll('input[name]')].filter((input) =>
    input.type === 'checkbox' ? input.checked : input.value.trim(),
  )
  const names = new Set(used.map(({ name }) => name))
  const number = part.dataset.counts === 'filters' ? names.size : used.length
  const said = part.querySelector('summary [data-picked]')
  said.hidden = number === 0
  said.firstElementChild.textContent = number
}
