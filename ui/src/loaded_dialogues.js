// Links to the questions before an incident is published, withdrawn or deleted show them in a
// dialogue; without this script they are followed.
const ASKING = ['publish', 'withdraw', 'delete']
  .map((name) => `a[href^="/incidents/DF-"][href$="/${name}/"]`)
  .join()

document.addEventListener('click', (event) => {
  const link = event.target.closest(ASKING)
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button
  if (link && !elsewhere) {
    event.preventDefault()
    ask(link)
  }
  const closer = event.target.closest('dialog [data-closes]')
  if (closer) {
    event.preventDefault()
    closer.closest('dialog').close()
  }
})

async function ask(link) {
  const part = await load(link.href)
  if (!part) {
    location.assign(link.href)
    return
  }
  const dialogue = document.createElement('dialog')
  dialogue.className = 'dialogue'
  dialogue.setAttribute('aria-labelledby', 'loaded-title')
  dialogue.innerHTML = `
    <header class="dialogue-header"><h2 class="dialogue-title" id="loaded-title"></h2></header>
    <div class="dialogue-body"></div>`
  dialogue.querySelector('h2').textContent = part.dataset.dialogueTitle
  dialogue.querySelector('.dialogue-body').append(part)
  document.body.append(dialogue)
  dialogue.addEventListener('close', () => {
    dialogue.remove()
    link.focus()
  })
  dialogue.showModal()
}

// Nothing where the answer is another page, such as the sign-in.
async function load(address) {
  try {
    const answer = await fetch(address, { headers: { 'HX-Request': 'true' } })
    const text = answer.ok ? await answer.text() : ''
    const parsed = new DOMParser().parseFromString(text, 'text/html')
    return parsed.querySelector('body > [data-dialogue-title]')
  } catch {
    return null
  }
}
