// The API of the product itself, as an audience of access tokens (RFC 8707).

export const API_PATH = '/api/v1';

/** Reserved: no API of an operator's can take it. Client files name it by PRODUCT_RESOURCE, which is the same at every issuer. */
export const productAudience = (issuer: string): string => `${issuer}${API_PATH}`;
