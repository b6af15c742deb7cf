// The first that runs, in the head of the page, while the dashboard's own program is on its way: what will be asked is asked, and the
// first thing that is seen has the colours that were chosen.
import { askAhead } from "./api/ahead.js";
import { firstAsked } from "./shell/first-asked.js";
import { showTheme, themeKept } from "./shell/theme.js";

askAhead(firstAsked(location.hash));
showTheme(themeKept());
