// Light or dark: as the system, or as was chosen here.

import { find } from "./elements.js";

const MEDIA = { system: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

export function themed(onChange) {
  const choice = find("theme");
  const set = (theme) => {
    find("dark").media = MEDIA[theme];
    document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme;
    onChange();
  };
  choice.value = localStorage.getItem("theme") in MEDIA ? localStorage.getItem("theme") : "system";
  choice.addEventListener("change", () => {
    localStorage.setItem("theme", choice.value);
    set(choice.value);
  });
  matchMedia(MEDIA.system).addEventListener("change", onChange);
  set(choice.value);
}
