// The form of an incident: what is typed is on the server within a second, or stays in this page and
// says so. Nothing is sent for good before the server holds all of it.
const SAVE_AFTER_MS = 600
const LONGEST_WAIT_MS = 15000
const STASH = 'unsaved:'

// What a page could not give to the server, kept by the browser until it can or somebody signs out.
const stash = {
  name: (address) => STASH + address,
  set(address, body) {
    try {
      sessionStorage.setItem(this.name(address), body)
    } catch {
      // No room, or not allowed: the text stays in the page.
    }
  },
  take(address) {
    const body = sessionStorage.getItem(this.name(address))
    sessionStorage.removeItem(this.name(address))
    return body
  },
  clear() {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(STASH)) sessionStorage.removeItem(name)
    }
  },
}

function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? ''
}

function send(address, body, options = {}) {
  return fetch(address, {
    method: 'POST',
    body,
    credentials: 'same-origin',
    redirect: 'manual',
    headers: { Accept: 'application/json', 'X-CSRFToken': token() },
    ...options,
  })
}

class Autosave {
  constructor(form) {
    this.form = form
    this.address = form.dataset.address
    this.state = form.querySelector('[data-state]')
    this.signedOut = form.querySelector('[data-signed-out]')
    this.elsewhere = form.querySelector('[data-elsewhere]')
    this.saved = this.body().toString()
    this.wait = 0
    this.timer = 0
    this.running = null
    this.stopped = false
    this.sent = false
  }

  body() {
    const fields = new URLSearchParams(new FormData(this.form))
    // What changes by itself is no change.
    for (const name of ['csrfmiddlewaretoken', 'seen']) fields.delete(name)
    return fields
  }

  get isDirty() {
    return this.body().toString() !== this.saved
  }

  // A moment after the first change, however many follow: it is not put off by typing on.
  changed() {
    if (this.stopped || this.sent || this.timer || !this.isDirty) return
    this.timer = setTimeout(() => this.save(), this.wait || SAVE_AFTER_MS)
  }

  save() {
    clearTimeout(this.timer)
    this.timer = 0
    this.running ??= this.attempt().finally(() => {
      this.running = null
      this.changed()
    })
    return this.running
  }

  async attempt() {
    const body = this.body()
    const text = body.toString()
    body.set('seen', this.form.elements.seen.value)
    body.set('autosave', '1')
    if (!this.wait) this.say(this.form.dataset.saving)
    let answer
    try {
      answer = await send(this.address, body)
    } catch {
      answer = { status: 0 }
    }
    const done = await this.understand(answer)
    if (done) {
      this.saved = text
      this.wait = 0
      stash.take(this.address)
    } else {
      stash.set(this.address, body.toString())
    }
    return done
  }

  async understand(answer) {
    const told = answer.headers?.get('Content-Type')?.includes('json') ? await answer.json() : {}
    this.signedOut.hidden = answer.status !== 401
    if (answer.status === 200 && 'seen' in told) {
      this.form.elements.seen.value = told.seen
      this.form.elements.csrfmiddlewaretoken.value = token()
      this.say(told.words)
      return true
    }
    if (answer.status === 409) {
      this.stopped = true
      this.latest = told.seen
      this.elsewhere.hidden = false
      this.elsewhere.querySelector('[data-words]').textContent = told.words
      this.say('')
    } else if (answer.status === 401) {
      this.again()
      this.say('')
    } else if (answer.status === 0 || answer.status >= 500 || answer.status === 429) {
      this.again()
      this.say(this.form.dataset.away, true)
    } else {
      // A token of before the last sign-in is refused once; the cookie has the new one by then.
      this.again()
      this.say(told.words ?? this.form.dataset.refused, true)
    }
    return false
  }

  again() {
    this.wait = Math.min((this.wait || SAVE_AFTER_MS / 2) * 2, LONGEST_WAIT_MS)
  }

  say(words, isAlert = false) {
    if (this.state.textContent === words) return
    this.state.textContent = words
    this.state.classList.toggle('is-alert', isAlert)
    if (isAlert) document.getElementById('announcer').textContent = words
  }

  keep() {
    this.form.elements.seen.value = this.latest
    this.elsewhere.hidden = true
    this.stopped = false
    this.saved = ''
    return this.save()
  }

  // The page goes: whatever there is still to save, the browser sends after it.
  leave() {
    if (this.stopped || this.sent || !this.isDirty) return
    const body = this.body()
    body.set('seen', this.form.elements.seen.value)
    body.set('autosave', '1')
    stash.set(this.address, body.toString())
    send(this.address, body, { keepalive: true }).catch(() => {})
  }

  // Only what the server holds already is sent for good.
  async submit(button) {
    button.disabled = true
    await this.running
    const isHeld = !this.isDirty || (await this.save())
    button.disabled = false
    if (!isHeld) return
    this.goes(button)
    this.form.requestSubmit(button)
    button.disabled = true
  }

  // Saving beside it would be refused: what is sent for good is no longer typed work. If the page is
  // still here after a while, nothing came of it.
  goes(button) {
    clearTimeout(this.timer)
    this.timer = 0
    this.sent = true
    setTimeout(() => {
      this.sent = false
      button.disabled = false
      this.changed()
    }, LONGEST_WAIT_MS)
  }
}

async function restore(form) {
  const left = stash.take(form.dataset.address)
  if (!left) return false
  const answer = await send(form.dataset.address, new URLSearchParams(left)).catch(() => null)
  if (answer?.status === 200) {
    location.reload()
    return true
  }
  if (answer?.status !== 409) stash.set(form.dataset.address, left)
  return false
}

async function begin(form) {
  if (await restore(form)) return
  const autosave = new Autosave(form)
  const duplicates = form.querySelector('#duplicates')
  const look = later(() => {
    if (autosave.signedOut.hidden) htmx.trigger(duplicates, 'shared')
  }, 700)
  const change = (event) => {
    autosave.changed()
    if (event.target.closest?.('[data-shared], [name=script]')) look()
  }
  form.addEventListener('input', change)
  form.addEventListener('change', change)
  form.addEventListener('htmx:afterSwap', () => autosave.changed())
  form.addEventListener('htmx:responseError', (event) => {
    if (event.detail.xhr.status !== 401) return
    event.stopPropagation() // said here in better words
    autosave.signedOut.hidden = false
  })
  form.addEventListener('submit', (event) => {
    const { submitter } = event
    if (autosave.sent) return
    if (submitter.name === 'discard' || !(autosave.isDirty || autosave.running)) {
      autosave.goes(submitter)
      return
    }
    event.preventDefault()
    autosave.submit(submitter)
  })
  form.querySelector('[data-keep]').addEventListener('click', () => autosave.keep())
  addEventListener('pagehide', () => autosave.leave())
  document.addEventListener('visibilitychange', () => {
    if (autosave.sent) return
    if (document.visibilityState === 'hidden' && autosave.isDirty) autosave.save()
    else if (autosave.wait) autosave.save() // back from signing in, perhaps
  })
  addEventListener('focus', () => {
    if (autosave.wait) autosave.save()
  })
  if (form.querySelector('[data-shared]:not([value=""])[value]')) look()
}

function later(action, ms) {
  let timer
  return () => {
    clearTimeout(timer)
    timer = setTimeout(action, ms)
  }
}

const form = document.querySelector('form[data-autosave]')
if (form) begin(form)

document.addEventListener('submit', (event) => {
  if (event.target.action?.endsWith('/sign-out/')) stash.clear()
})

// Carried through a sign-in: nobody has to press the button.
document.querySelector('form[data-carries-on]')?.requestSubmit()
