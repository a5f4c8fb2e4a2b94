// The cookie that says which look was chosen; hub/web/theme.py reads and writes it too.
const NAME = 'theme'
const SECONDS = 365 * 24 * 3600

export function chosenTheme() {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${NAME}=`))
  return found?.slice(NAME.length + 1)
}

export function showTheme(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.bsTheme = theme
  else delete document.documentElement.dataset.bsTheme
}

export function keepTheme(theme) {
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  document.cookie = `${NAME}=${theme}; Path=/; Max-Age=${SECONDS}; SameSite=Lax${secure}`
}
