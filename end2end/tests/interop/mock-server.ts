import { createLocalJWKSet, jwtVerify } from "jose";
import { OAuth2Server } from "oauth2-mock-server";
import { renamed, type Program } from "./stage";

/** Which path of a vendor is which endpoint. */
export interface Paths { authorize: string; token: string; revoke: string }

/**
 * `oauth2-mock-server`, which asks nobody for consent. It remembers neither scopes nor refresh tokens: a code's reply
 * says `scope: "dummy"`, where RFC 6749, section 5.1 has what was granted, every refresh token is taken, and nothing can
 * be withdrawn (`tokenHandler` and `revokeHandler` in its `src/lib/oauth2-service.ts`). It has events in which a test
 * says so instead, and here they do.
 */
export async function mockServer(issuer: string, scopes: string, paths: Paths) {
  const mock = new OAuth2Server();
  await mock.issuer.keys.generate("RS256");
  mock.issuer.url = issuer;
  const keys = createLocalJWKSet({ keys: mock.issuer.keys.toJSON() as never });
  const refreshable = new Set<string>();
  let revocations = 0;
  mock.service.on("beforeResponse", (said: any, request: any) => {
    const { grant_type, refresh_token } = request.body;
    if (grant_type === "refresh_token" && !refreshable.delete(refresh_token)) {
      said.statusCode = 400;
      said.body = { error: "invalid_grant", error_description: "The refresh token is not known." };
      return;
    }
    said.body.scope = scopes;
    refreshable.add(said.body.refresh_token);
  });
  mock.service.on("beforeRevoke", () => { revocations += 1; });
  return {
    listen: (request, response) => {
      renamed(request, { [paths.authorize]: "/authorize", [paths.token]: "/token", [paths.revoke]: "/revoke" });
      mock.service.requestHandler(request, response);
    },
    /** Whose token it is, by its signature. */
    whose: async (bearer: string): Promise<string | null> => {
      const read = await jwtVerify(bearer, keys, { issuer }).catch(() => null);
      return read?.payload.sub ?? null;
    },
    withdraw: async () => refreshable.clear(),
    revocations: () => revocations,
  } satisfies Program & Record<string, unknown>;
}
