// An OpenID provider with ProConnect's shape and nothing of Cloison's code: argument 1 is the redirect URI, 2 the client's secret, 3 the
// signature algorithm. It listens on a free port of loopback and prints its issuer. Its login page takes whatever it is told.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [redirect, secret, alg] = process.argv.slice(2);

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const pair = alg === 'RS256'
  ? generateKeyPairSync('rsa', { modulusLength: 2048 })
  : generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg };

const accounts = new Map();
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'cloison',
    client_secret: secret,
    redirect_uris: [redirect],
    post_logout_redirect_uris: [new URL('/', redirect).href],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: alg,
    userinfo_signed_response_alg: alg,
  }],
  jwks: { keys: [key] },
  cookies: { keys: ['essai'] },
  scopes: ['openid', 'email', 'idp_id'],
  claims: { openid: ['sub'], email: ['email'], idp_id: ['idp_id'], acr: null, amr: null, auth_time: null },
  acrValues: ['eidas0-mfa', 'eidas1', 'eidas1-mfa', 'eidas2', 'eidas3'],
  features: {
    claimsParameter: { enabled: true },
    jwtUserinfo: { enabled: true },
    devInteractions: { enabled: false },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email idp_id');
    grant.addOIDCClaims(['acr', 'amr']);
    await grant.save();
    return grant;
  },
});

// interaction shows a form, and believes what is sent with it.
async function interaction(request, response) {
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<form method="post" action="${request.url}"><input name="account"></form>`);
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  const account = form.get('account');
  accounts.set(account, { email: form.get('email'), idp_id: form.get('idp_id') });
  const result = form.get('error')
    ? { error: form.get('error'), error_description: 'requested ACRs could not be satisfied' }
    : { login: { accountId: account, acr: form.get('acr'), amr: form.get('amr').split(' ') } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const callback = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return callback(request, response);
  interaction(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
process.stdin.on('end', () => process.exit(0)).resume(); // whoever started it is gone
console.log(issuer);
