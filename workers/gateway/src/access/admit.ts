import type { ApiError } from "@ai-proxy/shared/errors";
import type { RequestContext } from "../request/context.ts";
import type { RoutingWish } from "../request/schemas.ts";
import { checkOwnerToken } from "./owner-token.ts";

/** Who asks: somebody over HTTP, who has to bring a token, or a Worker whose binding vouches for it. */
export type Caller =
  | { kind: "external" }
  | {
      kind: "trusted";
      name: string;
      limits?: RoutingWish;
      /** What is wrong with the binding's props; nothing is served as long as something is. */
      fault?: ApiError;
    };

/** What an admitted caller may do. */
export interface Grant {
  /** Who the caller is, for the record. */
  caller: string;
  /** Bounds of routing that are the caller's own, below the owner's. */
  limits?: RoutingWish;
}

/** Lets a caller in. Throws 401 for a token that is missing or wrong, 503 for what the owner has to put right. */
export async function admit(
  { request, env, settings }: Pick<RequestContext, "request" | "env" | "settings">,
  caller: Caller,
): Promise<Grant> {
  if (caller.kind === "external") await checkOwnerToken(request.headers, env.AUTH_TOKEN);
  const fault = settings.fault ?? (caller.kind === "trusted" ? caller.fault : undefined);
  if (fault) throw fault;
  if (caller.kind === "external") return { caller: "external" };
  return { caller: caller.name, ...(caller.limits !== undefined && { limits: caller.limits }) };
}
