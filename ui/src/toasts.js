// Short messages in the live region: those of the page, those that htmx answers bring in their
// HX-Trigger header (hub/web/pages.py), and those about requests that failed.
const STAYS_MS = 8000
const ANNOUNCED_AFTER_MS = 150

const region = document.getElementById('toasts')
const template = document.getElementById('toast-template')

export function toast(text, level = 'info') {
  if (!region || !template) return
  const line = template.content.firstElementChild.cloneNode(true)
  line.className = `toast-line toast-${level}`
  line.querySelector('p').textContent = text
  show(line, level)
}

function show(line, level) {
  const button = line.querySelector('[data-dismiss]')
  button.hidden = false
  button.addEventListener('click', () => line.remove())
  region.append(line)
  // What went wrong stays until it is dismissed.
  if (level === 'error' || level === 'warning') return
  let timer = setTimeout(() => line.remove(), STAYS_MS)
  const hold = () => clearTimeout(timer)
  const leave = () => {
    clearTimeout(timer)
    timer = setTimeout(() => line.remove(), STAYS_MS)
  }
  line.addEventListener('pointerenter', hold)
  line.addEventListener('focusin', hold)
  line.addEventListener('pointerleave', leave)
  line.addEventListener('focusout', leave)
}

if (region) {
  // A live region tells of what is added to it, not of what it held when the page came.
  const present = [...region.children]
  for (const line of present) line.remove()
  setTimeout(() => {
    for (const line of present) show(line, /toast-(error|warning)/.exec(line.className)?.[1])
  }, ANNOUNCED_AFTER_MS)

  document.body.addEventListener('toasts', (event) => {
    for (const { text, level } of event.detail.value) toast(text, level)
  })
  document.body.addEventListener('htmx:sendError', () => toast(region.dataset.away, 'error'))
  document.body.addEventListener('htmx:timeout', () => toast(region.dataset.away, 'error'))
  document.body.addEventListener('htmx:responseError', () => toast(region.dataset.failed, 'error'))
}
