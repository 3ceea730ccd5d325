/** Calls a Worker of the mesh as the first version of the contract had it: POST /BINDING/method with the argument. */
export default {
  async fetch(
    request: Request,
    env: Record<string, Record<string, (argument: unknown) => Promise<unknown>>>,
  ): Promise<Response> {
    const [, binding = "", method = ""] = new URL(request.url).pathname.split("/");
    return Response.json(await env[binding]?.[method]?.(await request.json()));
  },
};
