// An OpenID provider on a loopback address: npm's oidc-provider, with one client that is a machine and whose tokens MinIO
// takes. It is called with the port, and says so when it listens.
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'machine', client_secret: 'machine-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  }],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://minio.example',
      getResourceServerInfo: () => ({
        scope: '', audience: 'machine', accessTokenFormat: 'jwt', accessTokenTTL: 3600, jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  extraTokenClaims: () => ({ policy: 'readwrite' }),
});
provider.listen(port, '127.0.0.1', () => console.log('listening'));
