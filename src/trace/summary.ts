import type { ShownEvent, ShownExchange, ShownParameter, ShownStep } from './document.js';

/** What a sign-in was about, by the names that people use. */
export type Summary = readonly (readonly [name: string, value: string])[];

/** What a trace was about, as far as its events tell: provider, client, redirect URI, scopes, who signed in. */
export function summarize(events: readonly ShownEvent[]): Summary {
  const exchange = (step: string) =>
    events.find((event): event is ShownExchange => event.kind === 'exchange' && event.step === step);
  const note = (step: string) =>
    events.find((event): event is ShownStep => event.kind === 'step' && event.step === step);
  const asked = note('authorization request');
  const sent = [
    ...(asked?.url?.query ?? []),
    ...formParameters(exchange('pushed authorization request')),
    ...formParameters(exchange('token request')),
  ];
  const value = (name: string) => sent.find((parameter) => parameter.name === name)?.value;
  const issuer = responseMember(exchange('discovery'), 'issuer') ?? asked?.url?.base;
  const checks = events.flatMap((event) => (event.kind === 'step' ? (event.checks ?? []) : []));
  const subject = checks.find(({ name, verdict }) => name === 'sub' && verdict === 'pass')?.actual;
  const all: [string, string | undefined][] = [
    ['Provider', issuer],
    ['Client', value('client_id')],
    ['Client authentication', note('client authentication chosen')?.note],
    ['Redirect URI', value('redirect_uri')],
    ['Scopes', value('scope')],
    ['Subject', subject],
  ];
  return all.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
}

function formParameters(exchange: ShownExchange | undefined): readonly ShownParameter[] {
  return exchange?.requestBody?.type === 'form' ? exchange.requestBody.parameters : [];
}

function responseMember(exchange: ShownExchange | undefined, name: string): string | undefined {
  const body = exchange?.responseBody;
  const value: unknown = body?.type === 'json' ? (Object(body.value) as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
