/** How errors name the provider. */
export const PROVIDER = "Workers AI";
