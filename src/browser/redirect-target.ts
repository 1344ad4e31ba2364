/** Tells the requests to a redirect URI from all others, and takes the answer out of them. */
export interface RedirectTarget {
  matches(url: string): boolean;
  /** The parameters of an answer, without the redirect URI's own. */
  responseParameters(parameters: URLSearchParams): URLSearchParams;
}

/**
 * The redirect URI as a place to stop at: scheme, host, port and path to the
 * letter as a URL is compared, and its own parameters where it has some
 * (RFC 6749 §3.1.2). It may have a scheme of an application (RFC 8252 §7.1).
 */
export function redirectTarget(redirectUri: string): RedirectTarget {
  const expected = new URL(redirectUri);
  const own = [...expected.searchParams];
  return {
    matches: (url) => {
      if (!URL.canParse(url)) return false;
      const { protocol, host, pathname, searchParams } = new URL(url);
      return (
        protocol === expected.protocol &&
        host === expected.host &&
        pathname === expected.pathname &&
        own.every(([name, value]) => searchParams.getAll(name).includes(value))
      );
    },
    responseParameters: (parameters) => {
      const rest = [...parameters];
      for (const [name, value] of own) {
        const index = rest.findIndex((pair) => pair[0] === name && pair[1] === value);
        if (index >= 0) rest.splice(index, 1);
      }
      return new URLSearchParams(rest);
    },
  };
}
