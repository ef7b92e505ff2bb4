/** The API's document, browsable. Swagger UI is served by ourselves; it loads nothing from elsewhere. */
globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("reference"),
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  // its service would send the document elsewhere
  validatorUrl: null,
});
