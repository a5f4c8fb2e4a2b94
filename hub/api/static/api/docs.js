"use strict";

// Swagger UI, without anything that would leave this hub: no validator elsewhere, no address from
// the query string, no token kept in the browser.
(() => {
  const place = document.getElementById("operations");
  const csrfToken = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1];

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
