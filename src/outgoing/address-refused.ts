// A request that was not made, because of where its host is.

/** Its message says what to write into gatehouse.yaml if the request was meant. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly host: string;
  readonly address: string;

  constructor(host: string, address: string) {
    const where = host === address ? `${host} is` : `${host} resolves to ${address}, which is`;
    super(`${where} not a public address; if that is meant, add ${host} to outgoing.private_hosts in gatehouse.yaml`);
    this.host = host;
    this.address = address;
  }
}
