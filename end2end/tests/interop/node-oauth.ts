import OAuth2Server from "@node-oauth/oauth2-server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { renamed, type Program } from "./stage";

interface Client { id: string; secret: string; redirectUris: string[]; grants: string[] }

/** Which path of a vendor is which endpoint. */
export interface Paths { authorize: string; token: string; revoke?: string }

async function read(request: IncomingMessage): Promise<Record<string, string>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
}

/**
 * A server around `@node-oauth/oauth2-server`: what is stored and the page with the button are ours; what is asked for,
 * checked and refused is the library's. It has no revocation endpoint, so that one only drops what is stored.
 */
export function nodeOauth(client: { id: string; secret: string; redirect: string }, paths: Paths, account: string) {
  const known: Client = {
    id: client.id, secret: client.secret, redirectUris: [client.redirect], grants: ["authorization_code", "refresh_token"],
  };
  const codes = new Map<string, any>();
  const tokens = new Map<string, any>();
  const by = (name: "accessToken" | "refreshToken", value: string) =>
    [...tokens.values()].find((token) => token[name] === value);
  const oauth = new OAuth2Server({
    model: {
      getClient: async (id: string, secret: string | null) =>
        id === known.id && (secret === null || secret === known.secret) ? known : false,
      saveAuthorizationCode: async (code: any, client: any, user: any) => {
        const saved = { ...code, client, user };
        codes.set(code.authorizationCode, saved);
        return saved;
      },
      getAuthorizationCode: async (code: string) => codes.get(code),
      revokeAuthorizationCode: async (code: any) => codes.delete(code.authorizationCode),
      saveToken: async (token: any, client: any, user: any) => {
        const saved = { ...token, client, user };
        tokens.set(token.accessToken, saved);
        return saved;
      },
      getAccessToken: async (token: string) => by("accessToken", token),
      getRefreshToken: async (token: string) => by("refreshToken", token),
      revokeToken: async (token: any) => {
        const found = by("refreshToken", token.refreshToken);
        return found ? tokens.delete(found.accessToken) : false;
      },
    } as any,
    accessTokenLifetime: 3600,
  });

  const answer = (response: ServerResponse, said: any) => {
    response.writeHead(said.status ?? 200, { "content-type": "application/json", ...said.headers });
    response.end(said.body && Object.keys(said.body).length ? JSON.stringify(said.body) : undefined);
  };
  const listen = async (request: IncomingMessage, response: ServerResponse) => {
    renamed(request, { [paths.authorize]: "/authorize", [paths.token]: "/token", [paths.revoke ?? ""]: "/revoke" });
    const url = new URL(request.url!, "http://judge");
    const query = Object.fromEntries(url.searchParams);
    const body = await read(request);
    const came = new OAuth2Server.Request({ method: request.method!, headers: request.headers as any, query, body });
    const said = new OAuth2Server.Response({});
    if (request.method === "GET" && url.pathname === "/authorize") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<form method="post" action="/authorize${url.search.replaceAll("&", "&amp;")}"><button>Allow</button></form>`);
      return;
    }
    try {
      switch (url.pathname) {
        case "/authorize":
          await oauth.authorize(came, said, { authenticateHandler: { handle: async () => ({ id: account }) } });
          break;
        case "/token":
          await oauth.token(came, said);
          break;
        case "/revoke": {
          const found = by("refreshToken", body.token) ?? by("accessToken", body.token);
          if (found) tokens.delete(found.accessToken);
          break;
        }
        default:
          said.status = 404;
      }
    } catch {
      // The library has written its refusal into the answer.
    }
    answer(response, said);
  };

  return {
    listen: (request, response) => void listen(request, response),
    /** Whose token it is. */
    whose: (bearer: string): string | null => by("accessToken", bearer)?.user.id ?? null,
    /** How many grants live. */
    living: () => tokens.size,
    withdraw: async () => tokens.clear(),
  } satisfies Program & Record<string, unknown>;
}
