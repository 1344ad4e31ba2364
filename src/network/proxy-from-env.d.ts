declare module 'proxy-from-env' {
  /** The URL of the proxy for a request to `url`, or an empty string. May be no valid URL: it is what the variable holds. */
  export function getProxyForUrl(url: string): string;
}
