import type { PageSignInResult, SignInStep } from '../browser/sign-in-driver.js';
import { OidcCliError } from '../errors.js';

/** What a provider's page offers to somebody who is about to sign out, with the word for its kind before it. */
const SIGN_OUT =
  /^\w+ "((?:yes,? )?(?:sign|log)[- ]?(?:me )?out|yes|はい|(?:サインアウト|ログアウト)(?:する)?|abmelden|ausloggen|se déconnecter|déconnexion|cerrar sesión)"$/i;

/** Ends the session at the provider, which may ask whether that is meant. Throws what `visit` throws. */
export async function signOutOnPages<Asked extends object>(
  asked: Asked,
  visit: (asked: Asked & { readonly steps?: readonly SignInStep[] }) => Promise<PageSignInResult>,
): Promise<PageSignInResult> {
  try {
    return await visit(asked);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'sign_in_page_not_understood') throw error;
    const { controls } = error.facts;
    const [words] = (Array.isArray(controls) ? controls : []).flatMap((name) => SIGN_OUT.exec(name)?.[1] ?? []);
    // On a page of a sign-in nobody presses that; here it is what is asked for.
    if (words === undefined) throw error;
    return visit({ ...asked, steps: [{ click: words }] });
  }
}
