// Copies the text of the element that `data-copies` names; the button says so for a moment.
const SAYS_SO_MS = 2000

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copies]')
  if (!button) return
  const source = document.getElementById(button.dataset.copies)
  try {
    await navigator.clipboard.writeText(source.textContent.trim())
  } catch {
    // No permission, or no https: select it, so that a key can copy it.
    getSelection().selectAllChildren(source)
    return
  }
  const words = button.querySelector('[data-words]')
  const before = words.textContent
  words.textContent = button.dataset.copied
  document.getElementById('announcer').textContent = button.dataset.copied
  setTimeout(() => {
    words.textContent = before
  }, SAYS_SO_MS)
})

for (const button of document.querySelectorAll('[data-copies][hidden]')) button.hidden = false
