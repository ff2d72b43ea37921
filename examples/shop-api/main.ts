// The executable: reads the environment, opens the API, closes it on SIGTERM or SIGINT.
import { createShopApi } from './shop-api.ts';

const issuer = process.env['GATEHOUSE_ISSUER'] ?? 'http://localhost:3000';
const port = process.env['SHOP_API_PORT'];
const host = process.env['SHOP_API_HOST'];
const clientId = process.env['SHOP_API_CLIENT_ID'];
const clientSecret = process.env['SHOP_API_CLIENT_SECRET'];

const api = createShopApi({
  url: process.env['SHOP_API_URL'] ?? 'http://localhost:3002',
  issuer,
  audience: process.env['SHOP_API_AUDIENCE'] ?? 'https://api.shop.example',
  ...(clientId !== undefined && clientSecret !== undefined && { credentials: { clientId, clientSecret } }),
  ...(port !== undefined && { port: Number(port) }),
  ...(host !== undefined && { host }),
});

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await api.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// Started by the server for `npm start`: it is gone.
process.on('disconnect', () => void stop());

try {
  console.log(`Shop API is open at ${await api.listen()} and takes tokens of ${issuer}`);
} catch (error) {
  console.error(`Shop API cannot open: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
