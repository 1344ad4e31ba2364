import { parseDocument } from 'htmlparser2';
import { describe, expect, test } from 'vitest';
import { readHtmlPage } from '../../src/browser/html-page.js';
import type { PageDescription } from '../../src/browser/page-description.js';
import { decide, type FieldPurpose, type FormState } from '../../src/browser/sign-in-form.js';

/** A page as a browser would describe it: buttons that live by script do something there. */
function described(html: string, status = 200): PageDescription {
  const { description, elements } = readHtmlPage(
    { root: parseDocument(html), over: undefined },
    new URL('https://id.example/sign-in'),
    status,
  );
  const controls = description.controls.map((control) => ({
    ...control,
    disabled: elements[control.id]?.attribs.disabled !== undefined,
  }));
  return { ...description, controls };
}

function soFar(sent: readonly FieldPurpose[] = [], more: Partial<FormState> = {}): FormState {
  return { username: 'sam@example.com', has: { password: true, code: true }, sent: new Set(sent), ...more };
}

/** What is done, in names: fields by name (or id), buttons by their words. */
function done(html: string, so: FormState = soFar(), status = 200): string {
  const page = described(html, status);
  const decision = decide(page, so);
  if (decision.kind === 'refused') return `refused ${decision.code} ${decision.field ?? ''}: ${decision.words}`;
  if (decision.kind === 'missing') return `missing ${decision.field}`;
  if (decision.kind === 'unclear') {
    const { kind, ...why } = decision;
    return [kind, ...Object.entries(why).flatMap(([name, yes]) => (yes ? [name] : []))].join(' ');
  }
  const of = (id: number) => page.controls[id];
  const fills = decision.fills.map(({ control, what, digit }) => {
    const name = of(control)?.name || of(control)?.domId;
    return digit === undefined ? `${name}=${what}` : `${name}=${what}[${digit}]`;
  });
  const ticks = decision.ticks.map((control) => `tick ${of(control)?.name}`);
  const button = decision.press === undefined ? undefined : of(decision.press);
  const press = button ? `press "${button.label || button.ariaLabel || button.domId}"` : 'Enter';
  return [...fills, ...ticks, press].join(', ');
}

describe('pages of the shape of', () => {
  const AROUND = `<a href="/reset">Forgot Password?</a><a href="/register">Register</a>
    <a href="/broker/google">Google</a><select name="kc_locale"><option>English</option><option>日本語</option></select>`;

  test.each<[string, string, string, FieldPurpose[]?]>([
    [
      'Keycloak: the form',
      `<h1>Sign in to your account</h1><form method="post" action="/auth"><label for="username">Username or email</label>
       <input id="username" name="username" type="text" autofocus autocomplete="off"><label for="password">Password</label>
       <input id="password" name="password" type="password"><button type="button" aria-label="Show password"><i class="eye"></i></button>
       <input id="rememberMe" name="rememberMe" type="checkbox"> Remember me <input type="hidden" name="credentialId">
       <input name="login" id="kc-login" type="submit" value="Sign In"></form>${AROUND}`,
      'username=username, password=password, press "Sign In"',
    ],
    [
      'Keycloak: the form, in Japanese',
      `<h1>アカウントにログイン</h1><form method="post"><label for="username">ユーザー名またはメールアドレス</label>
       <input id="username" name="username"><label for="password">パスワード</label><input id="password" name="password" type="password">
       <a href="/r">パスワードをお忘れですか？</a><input name="login" type="submit" value="ログイン"></form><a href="/n">新規ユーザー登録</a>`,
      'username=username, password=password, press "ログイン"',
    ],
    [
      'Keycloak: the one-time code',
      `<form method="post"><label for="otp">One-time code</label><input id="otp" name="otp" autocomplete="one-time-code">
       <input type="submit" value="Sign In" name="login"></form><a href="#">Try Another Way</a>`,
      'otp=code, press "Sign In"',
      ['username', 'password'],
    ],
    [
      'Keycloak: consent',
      `<h1>Grant Access to app</h1><form method="post"><input type="hidden" name="code" value="1">
       <input name="accept" type="submit" value="Yes"><input name="cancel" type="submit" value="No"></form>`,
      'press "Yes"',
      ['username', 'password'],
    ],
    [
      'Auth0: the name first',
      `<h1>Welcome</h1><form method="POST"><input type="hidden" name="state" value="x"><label for="username">Email address*</label>
       <input name="username" id="username" type="text" inputmode="email" autocomplete="email"><button type="submit" name="action" value="default">Continue</button></form>
       <p>Don't have an account? <a href="/u/signup">Sign up</a></p><form method="post"><button type="submit">Continue with Google</button></form>
       <form method="post"><button>Continue with a passkey</button></form>`,
      'username=username, press "Continue"',
    ],
    [
      'Auth0: the password then',
      `<h1>Enter Your Password</h1><form method="POST"><span>sam@example.com</span><a href="/edit" aria-label="Edit email address">Edit</a>
       <input type="text" name="username" value="sam@example.com" readonly hidden><label>Password*<input name="password" type="password" autocomplete="current-password"></label>
       <button type="button" aria-label="Show password"></button><a href="/u/reset">Forgot password?</a><button type="submit" name="action" value="default">Continue</button></form>`,
      'password=password, press "Continue"',
      ['username'],
    ],
    [
      'Auth0: consent',
      `<h1>Authorize App</h1><form method="post"><button name="action" value="deny">Decline</button><button name="action" value="accept">Accept</button></form>`,
      'press "Accept"',
    ],
    [
      'Entra: the name first, with a password out of sight',
      `<div role="heading" aria-level="1">Sign in</div><form method="post"><input type="email" name="loginfmt" id="i0116" placeholder="Email, phone, or Skype">
       <input type="password" name="passwd" id="i0118" tabindex="-1" aria-hidden="true"><a href="#">Can't access your account?</a>
       <div role="button" tabindex="0">Sign-in options</div><input type="submit" id="idSIButton9" value="Next"></form>`,
      'loginfmt=username, press "Next"',
    ],
    [
      'Entra: the password, with the name hidden',
      `<form method="post"><input type="hidden" name="login" value="sam@example.com"><button type="button" id="idBtn_Back" title="Back"></button>
       <div>sam@example.com</div><input name="passwd" type="password" placeholder="Password" aria-label="Enter the password for sam@example.com">
       <a href="#">Forgot my password</a><input type="submit" id="idSIButton9" value="Sign in"></form>`,
      'passwd=password, press "Sign in"',
      ['username'],
    ],
    [
      'Entra: stay signed in?',
      `<div role="heading">Stay signed in?</div><form method="post"><input type="checkbox" name="DontShowAgain"> Don't show this again
       <input type="button" id="idBtn_Back" value="No"><input type="submit" id="idSIButton9" value="Yes"></form>`,
      'press "Yes"',
      ['username', 'password'],
    ],
    [
      'Entra: サインインの状態を維持しますか?',
      `<h1>サインインの状態を維持しますか?</h1><form method="post"><input type="button" value="いいえ"><input type="submit" value="はい"></form>`,
      'press "はい"',
      ['username', 'password'],
    ],
    [
      'Entra: consent',
      `<h1>Permissions requested</h1><form method="post"><input type="button" value="Cancel"><input type="submit" value="Accept"></form>`,
      'press "Accept"',
    ],
    [
      'Entra: pick an account',
      `<h1>Pick an account</h1><div role="button" data-test-id="sam@example.com"><div>Sam</div><div>sam@example.com</div></div>
       <div role="button"><div>Kim</div><div>kim@example.com</div></div><div role="button">Use another account</div>`,
      'press "Sam sam@example.com"',
    ],
    [
      'Google: the name first',
      `<h1>Sign in</h1><form><input type="email" name="identifier" id="identifierId" autocomplete="username webauthn" aria-label="Email or phone">
       <input type="password" name="hiddenPassword" aria-hidden="true"><button type="button">Forgot email?</button>
       <button type="button">Next</button><button type="button">Create account</button></form>
       <select><option>English (United States)</option></select><a href="/help">Help</a><a href="/privacy">Privacy</a>`,
      'identifier=username, press "Next"',
    ],
    [
      'Google: アカウントの選択',
      `<h1>アカウントの選択</h1><ul><li><div role="link"></div><a href="/1">Kim kim@example.com</a></li><li><a href="/2">別のアカウントを使用</a></li></ul>`,
      'press "別のアカウントを使用"',
    ],
    [
      'Google: the password, in Japanese',
      `<h1>ようこそ</h1><form><input type="password" name="Passwd" autocomplete="current-password" aria-label="パスワードを入力">
       <input type="checkbox" id="show"> パスワードを表示します <button type="button">次へ</button><button type="button">パスワードをお忘れの場合</button></form>`,
      'Passwd=password, press "次へ"',
      ['username'],
    ],
    [
      'Google: consent with boxes to tick',
      `<h1>App wants access to your Google Account</h1><form method="post"><label><input type="checkbox" name="all"> Select all</label>
       <button>Cancel</button><button>Allow</button></form>`,
      'tick all, press "Allow"',
    ],
    [
      'Okta: one page',
      `<h2>Sign In</h2><form method="POST"><label for="i27">Username</label><input name="identifier" id="i27" type="text" autocomplete="username">
       <label for="i35">Password</label><input name="credentials.passcode" id="i35" type="password" autocomplete="current-password">
       <input type="checkbox" name="rememberMe"> Keep me signed in <input type="submit" value="Sign in"></form>
       <a href="#">Unlock account?</a><a href="#">Help</a><a href="/idp">Sign in with PIV / CAC card</a><a href="#">Sign in with Okta FastPass</a>`,
      'identifier=username, credentials.passcode=password, press "Sign in"',
    ],
    [
      'Okta: the choice of a second factor',
      `<h2>Verify it's you with a security method</h2><div><h3>Google Authenticator</h3><a href="#" aria-label="Select Google Authenticator." role="button">Select</a></div>
       <div><h3>Email</h3><a href="#" aria-label="Select Email." role="button">Select</a></div>`,
      'press "Select"',
      ['username', 'password'],
    ],
    [
      'Okta: the code of an app',
      `<h2>Verify with Google Authenticator</h2><p>Enter the temporary code</p><form method="post"><label for="c">Enter code</label>
       <input id="c" name="credentials.passcode" type="text" autocomplete="off"><input type="submit" value="Verify"></form><a href="#">Verify with something else</a>`,
      'credentials.passcode=code, press "Verify"',
      ['username', 'password'],
    ],
    [
      'Logto: the name first',
      `<h1>Sign in to your account</h1><form><input name="identifier" aria-label="Email / Username" autocomplete="username"><button type="submit">Sign in</button></form>
       <a href="/register">Create account</a><div>or</div><button type="button">Continue with GitHub</button>`,
      'identifier=username, press "Sign in"',
    ],
    [
      'Logto: a code of six fields',
      `<h1>2-step verification</h1><form>${[0, 1, 2, 3, 4, 5].map((n) => `<input name="totp_${n}" type="text" inputmode="numeric" maxlength="1">`).join('')}<button>Continue</button></form>`,
      'totp_0=code[0], totp_1=code[1], totp_2=code[2], totp_3=code[3], totp_4=code[4], totp_5=code[5], press "Continue"',
      ['username', 'password'],
    ],
    [
      'Logto: ログイン',
      `<h1>アカウントにサインイン</h1><form><input name="identifier" placeholder="ユーザー名"><input name="password" type="password" placeholder="パスワード">
       <button type="button">表示</button><button type="submit">サインイン</button></form><a href="/f">パスワードを忘れましたか？</a><button type="button">LINEで続行</button>`,
      'identifier=username, password=password, press "サインイン"',
    ],
    [
      'ADFS',
      `<form method="post" id="loginForm"><div id="error" class="error" style="display:none">Enter your user ID</div>
       <label hidden for="userNameInput">User Account</label><input id="userNameInput" name="UserName" type="email" placeholder="someone@example.com">
       <input id="passwordInput" name="Password" type="password" placeholder="Password"><input type="checkbox" id="kmsiInput" name="Kmsi" value="true">
       <span id="submitButton" role="button" tabindex="4">Sign in</span><input type="hidden" name="AuthMethod" value="FormsAuthentication"></form>`,
      'UserName=username, Password=password, press "Sign in"',
    ],
    [
      'ADFS, in Japanese',
      `<form method="post"><input name="UserName" type="email" placeholder="ユーザー@example.com"><input name="Password" type="password" placeholder="パスワード">
       <span id="submitButton" role="button">サインイン</span></form>`,
      'UserName=username, Password=password, press "サインイン"',
    ],
    [
      'a German page',
      '<form method="post"><label>Benutzername<input name="a1"></label><label>Kennwort<input type="password" name="a2"></label><button>Abbrechen</button><button>Anmelden</button></form>',
      'a1=username, a2=password, press "Anmelden"',
    ],
    [
      'a French page',
      '<form method="post"><input name="a1" placeholder="Adresse e-mail"><input type="password" name="a2"><a href="/o">Mot de passe oublié ?</a><button>Annuler</button><button>Se connecter</button></form>',
      'a1=username, a2=password, press "Se connecter"',
    ],
    [
      'a Spanish page of two steps',
      '<form method="post"><label>Correo electrónico<input name="x"></label><button>Siguiente</button></form><a href="/n">Crear cuenta</a>',
      'x=username, press "Siguiente"',
    ],
    [
      'an Italian page',
      '<form method="post"><label>Nome utente<input name="x1"></label><label>Password<input type="password" name="x2"></label><button>Annulla</button><button>Accedi</button><a href="/d">Password dimenticata?</a></form>',
      'x1=username, x2=password, press "Accedi"',
    ],
    [
      'a Portuguese page',
      '<form method="post"><label>Usuário<input name="x1"></label><label>Senha<input name="x2"></label><button>Voltar</button><button>Entrar</button><a href="/c">Criar conta</a></form>',
      'x1=username, x2=password, press "Entrar"',
    ],
    [
      'a Dutch page',
      '<form method="post"><label>Gebruikersnaam<input name="x1"></label><label>Wachtwoord<input name="x2"></label><button>Annuleren</button><button>Inloggen</button><a href="/v">Wachtwoord vergeten?</a></form>',
      'x1=username, x2=password, press "Inloggen"',
    ],
    [
      'a Chinese page',
      '<form method="post"><input name="x1" placeholder="请输入账号"><input name="x2" placeholder="请输入密码"><button>取消</button><button>登录</button><a href="/f">忘记密码？</a><a href="/r">注册</a></form>',
      'x1=username, x2=password, press "登录"',
    ],
    [
      'a Chinese page of a code',
      '<form method="post"><input name="x1" placeholder="验证码"><button>返回</button><button>下一步</button></form>',
      'x1=code, press "下一步"',
      ['username', 'password'],
    ],
    [
      'a Chinese consent',
      '<h1>应用请求访问您的资料</h1><form method="post"><button>拒绝</button><button>允许</button></form>',
      'press "允许"',
      ['username', 'password'],
    ],
    [
      'a Korean page',
      '<form method="post"><input name="x1" placeholder="아이디"><input name="x2" placeholder="비밀번호"><button>취소</button><button>로그인</button><a href="/f">비밀번호 찾기</a><a href="/r">회원가입</a></form>',
      'x1=username, x2=password, press "로그인"',
    ],
    [
      'a Korean consent',
      '<h1>정보 제공</h1><form method="post"><button>동의하지 않음</button><button>거부</button><button>동의</button></form>',
      'press "동의"',
      ['username', 'password'],
    ],
    [
      'a language that is not known',
      '<form method="post"><input name="a" autocomplete="username"><input type="password" name="b"><button>Zaloguj się</button></form>',
      'a=username, b=password, press "Zaloguj się"',
    ],
  ])('%s', (_name, html, expected, sent) => {
    expect(done(html, soFar(sent))).toBe(expected);
  });
});

describe('a field is told', () => {
  test.each([
    [
      'by autocomplete before its name',
      '<input name="code" autocomplete="username"><input type="password" name="x">',
      'code=username, x=password',
    ],
    [
      'as a code where a "one-time password" is asked for',
      '<label>One-time password<input name="x"></label>',
      'x=code',
    ],
    [
      'as a code though it is typed as a password',
      '<label>Verification code<input type="password" name="x"></label>',
      'x=code',
    ],
    [
      'as a code in Japanese, though パスワード is in it',
      '<label>ワンタイムパスワード<input type="password" name="x"></label>',
      'x=code',
    ],
    ['as a code by 認証コード', '<label>認証コード (6桁)<input name="x"></label>', 'x=code'],
    [
      'as a password by its label alone',
      '<input name="login"><label>パスワード<input name="x"></label>',
      'login=username, x=password',
    ],
    [
      'from a postal code',
      '<label>Postal code<input name="zipcode"></label><label>User<input name="u"></label>',
      'u=username',
    ],
    [
      'from a search',
      '<input type="search" name="q"><input name="user"><input type="password" name="p">',
      'user=username, p=password',
    ],
    [
      'from a tenant',
      '<input name="tenant" placeholder="Company"><input name="user"><input type="password" name="p">',
      'user=username, p=password',
    ],
    [
      'even without a word, beside a password',
      '<input name="f1"><input type="password" name="f2">',
      'f1=username, f2=password',
    ],
  ])('%s', (_name, fields, expected) => {
    expect(done(`<form method="post">${fields}<button>OK</button></form>`)).toBe(`${expected}, press "OK"`);
  });

  test('a lone password is one, whatever its autocomplete; a form for a new password is not filled in', () => {
    const form = (fields: string) => `<form method="post">${fields}<button>Continue</button></form>`;
    expect(
      done(form('<input name="u" type="email"><input type="password" autocomplete="new-password" name="p">')),
    ).toBe('u=username, p=password, press "Continue"');
    const change = form('<input type="password" name="new-password"><input type="password" name="confirm-password">');
    expect(done(change)).not.toContain('=');
  });

  test('of two forms that with the password is for signing in, and one to sign up is not', () => {
    const html = `<form method="post"><input name="email" type="email"><button>Subscribe</button></form>
      <form method="post"><input name="email" type="email"><input type="password" name="new" autocomplete="new-password"><input type="password" name="again" autocomplete="new-password"><button>Create</button></form>
      <form method="post"><input name="login"><input type="password" name="pw"><button>Log in</button></form>`;
    expect(done(html)).toBe('login=username, pw=password, press "Log in"');
  });

  test('what is hidden, disabled or only to be read is left alone', () => {
    const html = `<form method="post"><input name="a" style="display: none"><input name="b" disabled><input name="user" value="sam@example.com" readonly>
      <div hidden><input type="password" name="c"></div><input type="password" name="pw"><button>Sign in</button></form>`;
    expect(done(html)).toBe('pw=password, press "Sign in"');
  });

  test('fields that steps have filled in are left alone', () => {
    const html =
      '<form method="post"><input name="user"><input type="password" name="pw"><button>Sign in</button></form>';
    expect(done(html, soFar([], { filled: new Set([0]) }))).toBe('pw=password, press "Sign in"');
    expect(done(html, soFar([], { filled: new Set([0, 1]) }))).toBe('press "Sign in"');
  });

  test('a box without which the form is not taken is ticked, and no other', () => {
    const html =
      '<form method="post"><input name="user"><input type="password" name="pw"><input type="checkbox" name="terms" required><input type="checkbox" name="news"><button>Sign in</button></form>';
    expect(done(html)).toBe('user=username, pw=password, tick terms, press "Sign in"');
  });
});

describe('never pressed', () => {
  const NO = [
    ...[
      'Cancel',
      'Deny',
      'Decline',
      'No',
      'Back',
      'Forgot password?',
      'Forgot your email?',
      'Sign up',
      'Register',
      'Create account',
    ],
    ...[
      'Continue with Google',
      'Sign in with Apple',
      'Log in with Microsoft',
      'Continue with passkey',
      'Sign in with a security key',
    ],
    ...[
      'English',
      '日本語',
      'Help',
      'Resend code',
      'Use another method',
      'Sign out',
      'Switch account',
      'Show',
      'Learn more',
      'SSO',
      '×',
    ],
    ...[
      'キャンセル',
      '拒否',
      '許可しない',
      '同意しない',
      'いいえ',
      '戻る',
      'パスワードをお忘れですか',
      '新規登録',
      'アカウントを作成',
      'Google でログイン',
      'LINEでログイン',
    ],
    ...[
      '別の方法を試す',
      'コードを再送信',
      'ログアウト',
      'ヘルプ',
      'Abbrechen',
      'Passwort vergessen',
      'Annuler',
      'Refuser',
      'Cancelar',
      'Zurück',
      'Registrieren',
    ],
    ...[
      'Annulla',
      'Rifiuta',
      'Password dimenticata?',
      'Voltar',
      'Esqueceu a senha?',
      'Criar conta',
      'Annuleren',
      'Nee',
    ],
    ...[
      '取消',
      '拒绝',
      '不同意',
      '忘记密码',
      '注册',
      '登出',
      '취소',
      '거부',
      '동의하지 않음',
      '비밀번호 찾기',
      '회원가입',
    ],
  ];

  test.each(NO)('%s, alone on a page', (words) => {
    expect(done(`<h1>Hm</h1><form method="post"><button>${words}</button></form>`)).toMatch(/^unclear/);
    expect(done(`<h1>Hm</h1><a href="/x">${words}</a>`)).toMatch(/^unclear/);
  });

  test.each(NO)('%s, beside the password', (words) => {
    const form = `<form method="post"><input name="user"><input type="password" name="pw"><button name="b" value="1">${words}</button><button>Weiter</button></form>`;
    expect(done(form)).toBe('user=username, pw=password, press "Weiter"');
  });

  test('a button whose name or value says no, whatever its words', () => {
    expect(
      done(
        '<form method="post"><button name="action" value="deny">OK</button><button name="action" value="allow">Allow</button></form>',
      ),
    ).toBe('press "Allow"');
    expect(done('<form method="post"><button name="cancel">Continue</button></form>')).toMatch(/^unclear/);
  });

  test('the account of somebody else', () => {
    const html =
      '<h1>Choose an account</h1><button>malory-sam@example.com</button><button>sam@example.com.evil.example</button><button>kim@example.com</button>';
    expect(done(html)).toMatch(/^unclear/);
  });

  test('the sign-out, unless the page asks about nothing else', () => {
    expect(done('<h1>You are signed in</h1><button>Sign out</button><button>Continue</button>')).toBe(
      'press "Continue"',
    );
    expect(
      done(
        '<h1>Do you want to sign out?</h1><form method="post"><button>Stay</button><button>Sign out</button></form>',
      ),
    ).toBe('press "Sign out"');
    expect(
      done(
        '<h1>ログアウトしますか？</h1><form method="post"><button>キャンセル</button><button>ログアウト</button></form>',
      ),
    ).toBe('press "ログアウト"');
  });
});

describe('an error on the page', () => {
  const again = (words: string, place = 'p role="alert"') =>
    `<form method="post"><${place}>${words}</${place.split(' ')[0]}><input name="user"><input type="password" name="pw"><button>Sign in</button></form>`;

  test.each([
    'Invalid username or password.',
    'Your account or password is incorrect. If you don’t remember your password, reset it now.',
    'Wrong password. Try again.',
    'Unable to sign in',
    'Incorrect user ID or password. Type the correct user ID and password, and try again.',
    'ユーザー名またはパスワードが無効です。',
    'アカウントまたはパスワードが正しくありません。',
    'パスワードが間違っています。もう一度お試しください。',
    'IDまたはパスワードが違います',
    'Benutzername oder Passwort ist falsch.',
    'Identifiant ou mot de passe incorrect.',
    'Contraseña incorrecta.',
    'Nome utente o password non corretti.',
    'Senha incorreta.',
    'Onjuist wachtwoord.',
    '用户名或密码错误',
    '아이디 또는 비밀번호가 올바르지 않습니다.',
  ])('%s', (words) => {
    const sent: FieldPurpose[] = ['username', 'password'];
    expect(done(again(words), soFar(sent))).toBe(`refused sign_in_rejected password: ${words}`);
    // Also where the page does not mark it as an alert; and before anything was sent it is no such thing.
    expect(done(again(words, 'p'), soFar(sent))).toBe(`refused sign_in_rejected password: ${words}`);
    expect(done(again(words, 'p'))).toBe('user=username, pw=password, press "Sign in"');
  });

  test.each([
    "We couldn't find that account.",
    'User not found',
    'This account does not exist',
    'No account with this address',
    'アカウントが見つかりません。',
    'ユーザーが存在しません',
    'Der Benutzer wurde nicht gefunden.',
    '用户不存在',
  ])('%s: is about the user name, on a page that asks for the password as well', (words) => {
    expect(done(again(words), soFar(['username', 'password']))).toBe(`refused sign_in_rejected username: ${words}`);
  });

  test.each([
    'Your account has been locked.',
    'Account disabled, contact your administrator.',
    'This account has been suspended',
    'Your account is temporarily locked to prevent unauthorized use.',
    'Too many failed attempts. Try later.',
    'アカウントがロックされています。',
    'このアカウントは無効になっています。',
    'ログインの試行回数が多すぎます。',
    'Ihr Konto wurde gesperrt.',
    'Il tuo account è stato bloccato.',
    'Sua conta foi bloqueada.',
    '您的账号已被锁定',
    '계정이 잠겼습니다.',
  ])('%s', (words) => {
    expect(done(again(words), soFar(['username', 'password']))).toBe(`refused sign_in_account_locked : ${words}`);
  });

  test('a warning of a lock is none', () => {
    const html = again('After 5 wrong tries your account will be locked', 'p');
    expect(done(html, soFar(['username']))).toBe('user=username, pw=password, press "Sign in"');
  });

  test('words in a place that is not shown are not said', () => {
    const html = again('Wrong password.', 'p role="alert" style="display:none"');
    expect(done(html, soFar(['username']))).toBe('user=username, pw=password, press "Sign in"');
  });

  test.each([
    ['the user name', ['username'], '<input name="user"><button>Next</button>', 'username'],
    ['the code', ['username', 'password', 'code'], '<input name="otp"><button>Verify</button>', 'code'],
  ] as const)('is about %s where that is asked for again', (_name, sent, fields, field) => {
    const html = `<form method="post"><div class="field-error">Try something else</div>${fields}</form>`;
    expect(done(html, soFar([...sent]))).toBe(`refused sign_in_rejected ${field}: Try something else`);
  });

  test.each([
    ['<h1>We are sorry...</h1><p>Invalid parameter: redirect_uri</p>', 400, 'Invalid parameter: redirect_uri'],
    [
      '<title>Sign in</title><h1>Sign in</h1><div>Sorry, but we’re having trouble.</div><p>AADSTS50011: The redirect URI does not match.</p>',
      200,
      'AADSTS50011: The redirect URI does not match.',
    ],
    ['<h1>Oops!</h1><p>The client is disabled by now.</p>', 200, 'The client is disabled by now.'],
    ['<h1>エラー</h1><p>リダイレクト URI が登録されていません。</p>', 400, 'リダイレクト URI が登録されていません。'],
    ['<h1>403</h1><p>You have no business here.</p>', 403, '403'],
  ])('in place of a sign-in page: %s', (html, status, words) => {
    expect(done(html, soFar(), status)).toBe(`refused sign_in_page_error : ${words}`);
  });

  test('an application named after an error is none', () => {
    expect(
      done('<h1>Allow Error Tracker?</h1><form method="post"><button>Deny</button><button>Allow</button></form>'),
    ).toBe('press "Allow"');
  });

  test('a status of 403 with the form on it is a form', () => {
    expect(done(again('', 'p'), soFar(), 403)).toBe('user=username, pw=password, press "Sign in"');
  });
});

describe('what cannot be done', () => {
  test('says what is missing', () => {
    const html = '<form method="post"><input name="otp"><button>Verify</button></form>';
    expect(done(html, soFar([], { has: { password: true, code: false } }))).toBe('missing code');
    const password = '<form method="post"><input type="password" name="p"><button>Sign in</button></form>';
    expect(done(password, soFar([], { has: { password: false, code: false } }))).toBe('missing password');
  });

  test.each([
    ['captcha', '<h1>Confirm you are human</h1><p>I’m not a robot</p>', 'unclear captcha'],
    [
      'newPassword',
      '<h1>Update</h1><form method="post"><input type="password" name="new-password"><input type="password" name="confirm-password"></form>',
      'unclear newPassword',
    ],
    ['passkey', '<h1>Approve sign-in request</h1><p>Open your app.</p>', 'unclear passkey'],
    ['nothing', '<p>Loading', 'unclear'],
  ])('says why: %s', (_name, html, expected) => {
    expect(done(html)).toBe(expected);
  });
});
