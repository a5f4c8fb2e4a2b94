"use strict";

// Swagger UI, without anything that would leave this hub: no validator elsewhere, no address from
// the query string, no token kept in the browser.
(() => {
  const place = document.getElementById("operations");
  const csrfToken = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1];

  // Swagger UI has a dark look, and leaves it to the page when to show it.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = document.cookie.match(/(?:^|;\s*)theme=(light|dark)/)?.[1];
  const showLook = () => {
    const isDark = chosen ? chosen === "dark" : dark.matches;
    document.documentElement.classList.toggle("dark-mode", isDark);
  };
  dark.addEventListener("change", showLook);
  showLook();

  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    persistAuthorization: false,
    queryConfigEnabled: false,
    syntaxHighlight: { activated: true, theme: "agate" },
    validatorUrl: null,
    requestInterceptor: (request) => {
      const token = csrfToken();
      if (token && !["GET", "HEAD"].includes((request.method ?? "GET").toUpperCase())) {
        request.headers["X-CSRFToken"] = token;
      }
      return request;
    },
  });
})();
