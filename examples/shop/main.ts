// The executable: reads the environment, opens the shop, closes it on SIGTERM or SIGINT.
import { createShop, DEMO_API } from './shop.ts';

const url = process.env['SHOP_URL'] ?? 'http://localhost:3001';
const issuer = process.env['GATEHOUSE_ISSUER'] ?? 'http://localhost:3000';
const port = process.env['SHOP_PORT'];
const host = process.env['SHOP_HOST'];

const shop = createShop({
  url,
  issuer,
  clientId: process.env['SHOP_CLIENT_ID'] ?? 'shop',
  // Works with the development server only; a production server refuses to know it.
  clientSecret: process.env['SHOP_CLIENT_SECRET'] ?? 'gatehouse-demo-shop-secret-only-for-development',
  api: {
    url: process.env['SHOP_API_URL'] ?? DEMO_API.url,
    audience: process.env['SHOP_API_AUDIENCE'] ?? DEMO_API.audience,
  },
  ...(port !== undefined && { port: Number(port) }),
  ...(host !== undefined && { host }),
});

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await shop.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// Started by the server for `npm start`: it is gone.
process.on('disconnect', () => void stop());

try {
  console.log(`Demo Shop is open at ${await shop.listen()} and signs in at ${issuer}`);
} catch (error) {
  console.error(`Demo Shop cannot open: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
