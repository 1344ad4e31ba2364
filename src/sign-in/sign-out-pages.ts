import type { PageSignInResult, SignInStep } from '../browser/sign-in-driver.js';
import { OidcCliError } from '../errors.js';

/** Words of a provider's button that confirms a sign-out, with the field's kind before them. */
const SIGN_OUT =
  /^\w+ "((?:yes,? )?(?:sign|log)[- ]?(?:me )?out|yes|はい|(?:サインアウト|ログアウト)(?:する)?|abmelden|ausloggen|se déconnecter|déconnexion|cerrar sesión)"$/i;

/** Ends the session at the provider, which may request confirmation. Throws the errors of `visit`. */
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
    // During a sign-in the driver never presses this button; here it is the intended one.
    if (words === undefined) throw error;
    return visit({ ...asked, steps: [{ click: words }] });
  }
}
