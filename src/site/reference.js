// @ts-check
// Puts Scalar into the place of the list of operations that the server drew. Where it does not come, the list stays.

/** @typedef {{ createApiReference: (place: string, settings: object) => void }} Scalar */

const nonce = document.querySelector("meta[property=csp-nonce]")?.getAttribute("content") ?? "";
const address = document.currentScript?.dataset.scalar ?? "";

// The content security policy lets no style through without the nonce, and Scalar gives it to one of its elements only.
const make = document.createElement.bind(document);
/** @type {(name: string, options?: ElementCreationOptions) => HTMLElement} */
const makeWithNonce = (name, options) => {
  const element = make(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
Reflect.set(document, "createElement", makeWithNonce);

const script = make("script");
script.src = address;
script.addEventListener("load", () => {
  /** @type {Scalar} */
  const scalar = Reflect.get(window, "Scalar");
  // Scalar brings a main part of its own, and a document has one.
  const place = make("div");
  place.id = "main";
  document.getElementById("main")?.replaceWith(place);
  scalar.createApiReference("#main", {
    url: "/api/openapi.json",
    // Nothing is asked of anybody else: no fonts, no figures, no proxy, no assistant, no other tool.
    withDefaultFonts: false,
    telemetry: false,
    proxyUrl: "",
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    // A token that somebody types in is gone with the page.
    persistAuth: false,
    // As the browser says, like every other page.
    hideDarkModeToggle: true,
    customCss: ":root { --scalar-font: var(--font); --scalar-font-code: var(--mono); --scalar-custom-header-height: 3.75rem; }",
  });
});
document.head.append(script);
