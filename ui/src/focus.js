// Where the focus goes when a part of the page changes, and what is said of it.
const announcer = document.getElementById('announcer')

// What is wrong with a form comes first.
document.querySelector('[data-focus]')?.focus()

let lost = false

document.body.addEventListener('htmx:beforeSwap', (event) => {
  lost = event.detail.target.contains(document.activeElement)
})

document.body.addEventListener('htmx:afterSettle', (event) => {
  const part = event.detail.elt
  const first = part.querySelector('[data-focus]')
  if (first) {
    first.focus()
  } else if (lost && document.activeElement === document.body) {
    // htmx gives the focus back to an element with the same id; this one has gone.
    if (!part.hasAttribute('tabindex')) part.setAttribute('tabindex', '-1')
    part.focus({ preventScroll: true })
  }
  lost = false
  const words = part.matches('[data-announce]') ? part : part.querySelector('[data-announce]')
  if (words && announcer) announcer.textContent = words.dataset.announce || words.textContent.trim()
})
