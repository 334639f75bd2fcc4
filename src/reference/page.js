// Shows both documents. Whatever of the viewer would reach for another host, or lead to a service of its makers, is switched off.
Scalar.createApiReference("#reference", {
  sources: [
    {
      title: "Calls API",
      slug: "calls",
      url: "/openapi.json",
      default: true,
      // The token that the README takes: any will do, unless the server was started with --auth strict.
      authentication: { preferredSecurityScheme: "bearer", securitySchemes: { bearer: { token: "any" } } },
    },
    { title: "Control API", slug: "control", url: "/__admin/openapi.json" },
  ],
  defaultOpenAllTags: true,
  // As they are sent: in the documented order.
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
});
