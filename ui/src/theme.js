// For pages that the server makes alike for everybody: the look that this browser has chosen.
import { chosenTheme, showTheme } from './theme_cookie.js'

showTheme(chosenTheme())
