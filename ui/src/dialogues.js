// Opens dialogues. What opens one is a link that leads to a page with the same form, or a button
// that is of no use without this script and therefore hidden until it runs.
function reveal(root) {
  for (const button of root.querySelectorAll('button[data-opens][hidden]')) button.hidden = false
}

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-opens]')
  if (opener) {
    const dialogue = document.getElementById(opener.dataset.opens)
    if (!dialogue) return
    event.preventDefault()
    dialogue.showModal()
    return
  }
  // A click beside the dialogue lands on the element itself, outside its box.
  if (event.target instanceof HTMLDialogElement && isOutside(event.target, event)) {
    event.target.close()
  }
})

function isOutside(dialogue, { clientX, clientY }) {
  const box = dialogue.getBoundingClientRect()
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom
}

reveal(document)
document.body.addEventListener('htmx:load', (event) => reveal(event.target))
