/** The words of the provider's pages in one language. */
export interface PageText {
  readonly lang: 'en' | 'ja';
  readonly footer: string;
  readonly signIn: {
    title: string;
    to(client: string): string;
    username: string;
    password: string;
    submit: string;
    cancel: string;
    wrong: string;
    testUsers: string;
    as(name: string): string;
  };
  readonly consent: {
    title(client: string): string;
    signedInAs(name: string): string;
    wants: string;
    allow: string;
    deny: string;
    returnsTo: string;
    scopes: Readonly<Record<string, string>>;
    otherScope(scope: string): string;
    resourceScope(scope: string, resource: string): string;
    claim(claim: string): string;
    nothingNew: string;
  };
  readonly logout: {
    title: string;
    question(client: string | undefined): string;
    yes: string;
    no: string;
    doneTitle: string;
    done: string;
  };
  readonly error: {
    title: string;
    code: string;
    redirectUri: string;
    redirectUriFix(client: string): string;
    clientUnknown(client: string): string;
    clientUnknownFix: string;
    expired: string;
    expiredFix: string;
    wrongHost: string;
    wrongHostFix: string;
    notFound: string;
    notFoundFix: string;
    logoutUri: string;
    logoutUriFix: string;
    requestFix: string;
    serverFix: string;
  };
  readonly home: { title: string; lead: string; issuer: string; discovery: string };
}

const EN: PageText = {
  lang: 'en',
  footer: 'oidc-cli’s built-in identity provider, for tests only',
  signIn: {
    title: 'Sign in',
    to: (client) => `to continue to ${client}`,
    username: 'User name or e-mail',
    password: 'Password',
    submit: 'Sign in',
    cancel: 'Cancel',
    wrong: 'That user name and password do not match. Try again.',
    testUsers: 'Or use a test user',
    as: (name) => `Sign in as ${name}`,
  },
  consent: {
    title: (client) => `Allow ${client}?`,
    signedInAs: (name) => `You are signed in as ${name}.`,
    wants: 'It asks for:',
    allow: 'Allow',
    deny: 'Deny',
    returnsTo: 'Then you go back to',
    scopes: {
      openid: 'Who you are, as a fixed identifier',
      profile: 'Your profile: name, user name, picture',
      email: 'Your e-mail address',
      phone: 'Your phone number',
      address: 'Your postal address',
      offline_access: 'Access that goes on while you are away (a refresh token)',
    },
    otherScope: (scope) => `The permission “${scope}”`,
    resourceScope: (scope, resource) => `The permission “${scope}” at ${resource}`,
    claim: (claim) => `The claim “${claim}”`,
    nothingNew: 'Nothing beyond what you have allowed before.',
  },
  logout: {
    title: 'Sign out?',
    question: (client) =>
      client === undefined
        ? 'You are about to sign out of this identity provider.'
        : `${client} asks to sign you out of this identity provider.`,
    yes: 'Sign out',
    no: 'Stay signed in',
    doneTitle: 'You are signed out',
    done: 'You can close this window.',
  },
  error: {
    title: 'This request can’t go on',
    code: 'Error code',
    redirectUri: 'The redirect URI is not registered for this client.',
    redirectUriFix: (client) =>
      `Register exactly this redirect URI for the client “${client}”, or send one that is registered:`,
    clientUnknown: (client) => `There is no client “${client}” at this identity provider.`,
    clientUnknownFix: 'Check the client id, or register the client when you start the provider.',
    expired: 'This sign-in has expired, was finished already, or was begun in another browser.',
    expiredFix: 'Start the sign-in again from the application.',
    wrongHost: 'This identity provider does not answer under this host name.',
    wrongHostFix: 'Use its issuer address:',
    notFound: 'There is no page at this address.',
    notFoundFix: 'The identity provider’s issuer is:',
    logoutUri: 'The post-logout redirect URI is not registered for this client.',
    logoutUriFix: 'Register exactly this URI as a post-logout redirect URI, or send one that is registered:',
    requestFix: 'Correct the request that the application sends, then start again.',
    serverFix: 'The fault is in the identity provider itself; look at its log.',
  },
  home: {
    title: 'Identity provider',
    lead: 'It runs on this machine and signs test users in. Point an OpenID Connect client at it:',
    issuer: 'Issuer',
    discovery: 'Discovery document',
  },
};

const JA: PageText = {
  lang: 'ja',
  footer: 'oidc-cli 内蔵の ID プロバイダー（テスト専用）',
  signIn: {
    title: 'サインイン',
    to: (client) => `${client} に進みます`,
    username: 'ユーザー名またはメールアドレス',
    password: 'パスワード',
    submit: 'サインイン',
    cancel: 'キャンセル',
    wrong: 'ユーザー名とパスワードが一致しません。もう一度入力してください。',
    testUsers: 'テストユーザーを使う',
    as: (name) => `${name} としてサインイン`,
  },
  consent: {
    title: (client) => `${client} を許可しますか？`,
    signedInAs: (name) => `${name} としてサインインしています。`,
    wants: '次の情報と権限を求めています。',
    allow: '許可する',
    deny: '拒否する',
    returnsTo: 'このあと戻る先',
    scopes: {
      openid: 'あなたを識別する固定の ID',
      profile: 'プロフィール（氏名、ユーザー名、画像）',
      email: 'メールアドレス',
      phone: '電話番号',
      address: '住所',
      offline_access: '操作していない間も続くアクセス（リフレッシュトークン）',
    },
    otherScope: (scope) => `権限「${scope}」`,
    resourceScope: (scope, resource) => `${resource} での権限「${scope}」`,
    claim: (claim) => `クレーム「${claim}」`,
    nothingNew: 'すでに許可した内容のほかに新しいものはありません。',
  },
  logout: {
    title: 'サインアウトしますか？',
    question: (client) =>
      client === undefined
        ? 'この ID プロバイダーからサインアウトします。'
        : `${client} が、この ID プロバイダーからのサインアウトを求めています。`,
    yes: 'サインアウト',
    no: 'そのままにする',
    doneTitle: 'サインアウトしました',
    done: 'このウィンドウは閉じてかまいません。',
  },
  error: {
    title: 'このリクエストは続行できません',
    code: 'エラーコード',
    redirectUri: 'リダイレクト URI がこのクライアントに登録されていません。',
    redirectUriFix: (client) =>
      `クライアント「${client}」に次のリダイレクト URI をこのとおりに登録するか、登録済みのものを送ってください。`,
    clientUnknown: (client) => `この ID プロバイダーにクライアント「${client}」はありません。`,
    clientUnknownFix: 'クライアント ID を確かめるか、プロバイダーの起動時にクライアントを登録してください。',
    expired: 'このサインインは期限切れか、完了済みか、別のブラウザーで始められたものです。',
    expiredFix: 'アプリケーションからサインインをやり直してください。',
    wrongHost: 'この ID プロバイダーはこのホスト名では応答しません。',
    wrongHostFix: '発行者のアドレスを使ってください。',
    notFound: 'このアドレスにページはありません。',
    notFoundFix: 'この ID プロバイダーの発行者：',
    logoutUri: 'サインアウト後のリダイレクト URI がこのクライアントに登録されていません。',
    logoutUriFix:
      '次の URI をサインアウト後のリダイレクト URI としてこのとおりに登録するか、登録済みのものを送ってください。',
    requestFix: 'アプリケーションが送るリクエストを直してから、やり直してください。',
    serverFix: 'ID プロバイダー側の障害です。ログを確認してください。',
  },
  home: {
    title: 'ID プロバイダー',
    lead: 'このマシンで動き、テストユーザーをサインインさせます。OpenID Connect クライアントの接続先に指定してください。',
    issuer: '発行者',
    discovery: 'ディスカバリー文書',
  },
};

/**
 * The words to use: the first language of `ui_locales` (OIDC Core 3.1.2.1,
 * space-separated, in order of preference) that the pages have, else the
 * best of `Accept-Language` (RFC 9110 12.5.4), else English.
 */
export function pageText(uiLocales: string | undefined, acceptLanguage: string | undefined): PageText {
  const asked = (uiLocales ?? '').split(' ').map((tag) => ({ tag, weight: 1 }));
  const accepted = (acceptLanguage ?? '')
    .split(',')
    .map((item) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { tag } of [...asked, ...accepted]) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'ja') return JA;
    if (language === 'en') return EN;
  }
  return EN;
}
