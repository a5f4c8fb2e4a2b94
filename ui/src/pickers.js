// Lists of values to pick from: a box that filters them, and how many are chosen.
function show(picker) {
  const filter = picker.querySelector('[data-picker-filter]')
  if (filter) filter.hidden = false
  count(picker)
}

function count(picker) {
  const place = picker.querySelector('[data-picker-count]')
  if (!place) return
  const chosen = picker.querySelectorAll('input[type=checkbox]:checked').length
  place.textContent = chosen ? `${chosen} ${place.dataset.words}` : ''
}

const folded = (text) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLocaleLowerCase()

document.addEventListener('input', (event) => {
  const filter = event.target.closest?.('[data-picker-filter]')
  if (!filter) return
  event.stopPropagation() // nothing of the form has changed
  const typed = folded(filter.value.trim())
  for (const option of filter.closest('[data-picker]').querySelectorAll('.picker-option')) {
    const isFound = option.closest('[data-picker-found]')
    option.hidden = !isFound && !folded(option.textContent).includes(typed)
  }
})

// Enter in the filter must not send the form.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.closest?.('[data-picker-filter]')) event.preventDefault()
})

document.addEventListener('change', (event) => {
  const picker = event.target.closest?.('[data-picker]')
  if (!picker) return
  const found = event.target.closest('[data-picker-found]')
  // What was chosen among suggestions stays when others come.
  if (found && event.target.checked) {
    found.before(event.target.closest('.picker-option'))
    event.target.focus()
  }
  count(picker)
})

// A suggestion that stands in the list already is none.
document.body.addEventListener('htmx:afterSwap', (event) => {
  const found = event.target.closest?.('[data-picker-found]')
  if (!found) return
  const listed = [...found.closest('[data-picker]').querySelectorAll('input[type=checkbox]')]
  const known = new Set(listed.filter((one) => !found.contains(one)).map((one) => one.value))
  for (const option of found.querySelectorAll('.picker-option')) {
    if (known.has(option.querySelector('input').value)) option.remove()
  }
})

for (const picker of document.querySelectorAll('[data-picker]')) show(picker)
