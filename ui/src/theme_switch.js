// Changes the look without a reload; without this script the form does it with one.
import { keepTheme, showTheme } from './theme_cookie.js'

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!form.matches('[data-theme-switch]') || !event.submitter) return
  event.preventDefault()
  const theme = event.submitter.value
  keepTheme(theme)
  showTheme(theme)
  for (const button of document.querySelectorAll('[data-theme-switch] button')) {
    button.setAttribute('aria-pressed', String(button.value === theme))
  }
})
