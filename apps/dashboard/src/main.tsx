import { render } from "preact";
import { App } from "./shell/app.js";
import { showTheme, themeKept } from "./shell/theme.js";

showTheme(themeKept());
const place = document.getElementById("app");
if (place !== null) {
  place.textContent = "";
  render(<App />, place);
}
