// Starts with one other Worker beside it and makes the first call to it.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    try {
      if (pathname === "/fetch") await (await env.TARGET.fetch("http://worker/health")).text();
      else await env.TARGET[pathname.slice(1)](await request.json());
    } catch (thrown) {
      return new Response(String(thrown), { status: 500 });
    }
    return new Response("ok");
  },
};
