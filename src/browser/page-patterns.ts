/**
 * The words of sign-in pages, by what they are for. English and Japanese whole;
 * German, French, Spanish, Italian, Portuguese, Dutch, Chinese and Korean as far
 * as the usual pages go.
 */

/** A code that is good for one use. Before `PASSWORD`: "one-time password" is none. */
export const ONE_TIME =
  /one[- ]?time|\b(otp|totp|mfa|2fa|tfa)\b|verification code|security code|authenticat(ion|or) code|access code|confirmation code|\b\d[- ]digit code|passcode|enter (the |your )?code|^code\b|ワンタイム|認証コード|確認コード|検証コード|セキュリティ ?コード|\d ?桁|einmal(code|kennwort|passwort)|bestätigungscode|sicherheitscode|prüfcode|code de (vérification|sécurité|validation)|code à usage unique|mot de passe à usage unique|código de (verificación|seguridad|acceso)|contraseña de un solo uso|codice (di verifica|di sicurezza|monouso)|código de (verificação|segurança)|verificatiecode|beveiligingscode|验证码|驗證碼|动态密码|動態密碼|인증 ?(코드|번호)|일회용/i;

/** Names of fields that hold such a code. */
export const ONE_TIME_NAME =
  /otp|totp|mfa|2fa|twofactor|two[-_]factor|one[-_]?time|verification[-_]?code|passcode|authcode|securitycode|^code$|^pin$/i;

/** Codes of another kind. */
export const OTHER_CODE =
  /post(al)?[-_ ]?code|zip|country|area code|promo|discount|coupon|invit|referral|郵便|国番号|招待|postleitzahl|code postal|código postal/i;

export const PASSWORD =
  /passw(or)?d|passphrase|kennwort|passwort|mot de passe|contraseña|clave|パスワード|暗証番号|senha|palavra-passe|wachtwoord|密码|密碼|비밀번호|암호/i;

export const NEW_PASSWORD =
  /new[-_ ]?password|confirm[-_ ]?password|repeat password|password[-_ ]?(confirm|again|repeat)|新しいパスワード|パスワード[（(]?(確認|再入力)|neues (kennwort|passwort)|nouveau mot de passe|nueva contraseña|nuova password|conferma (la )?password|nova (senha|palavra-passe)|confirm(e|ar) (a )?(senha|palavra-passe)|nieuw wachtwoord|新密码|新密碼|确认密码|確認密碼|새 비밀번호|비밀번호 확인/i;

export const USER =
  /user|log[- ]?in|e-?mail|account|identif|sign[- ]?in name|phone|ユーザー?|メール|アカウント|ログイン|サインイン|社員番号|会員|電話番号|benutzer|anmeldename|konto|utilisateur|courriel|adresse|identifiant|usuario|correo|utente|usuário|utilizador|gebruiker|用户|用戶|使用者|账号|帐号|帳號|邮箱|郵箱|手机号|사용자|아이디|이메일/i;

/** Names of fields that hold a user name. */
export const USER_NAME = /user|login|logon|e-?mail|identifier|account|uname|userid|loginfmt|\buid\b|phone|^id$/i;

/** Fields that belong to something else on the page. */
export const OTHER_FIELD = /search|query|captcha|newsletter|domain|tenant|organi[sz]ation|検索|suche|recherche|buscar/i;

/** Goes on: with what was typed, or to the next page. */
export const FORWARD =
  /^(sign|log)[- ]?(me )?[io]n\b|^login\b|^signin\b|^next\b|^continue\b|^proceed|^go( on)?\b|^submit|^verify|^confirm|^ok(ay)?\b|^send$|^enter$|^authenticate|^done$|^finish|^got it|^start|^let me in|サインイン|ログイン|次へ|続ける|続行|進む|確認|送信|認証|検証|完了|^はい|^anmelden|^einloggen|^weiter|^bestätigen|^fortfahren|^absenden|^se connecter|^connexion|^suivant|^continuer|^valider|^vérifier|^confirmer|^iniciar sesión|^acceder|^entrar|^siguiente|^continuar|^verificar|^confirmar|^accedi\b|^avanti\b|^continua\b|^conferma|^entra\b|^próximo|^seguinte|^prosseguir|^iniciar sessão|^fazer login|^aanmelden|^inloggen|^volgende|^doorgaan|^bevestigen|^登录|^登錄|^登入|^下一步|^继续|^繼續|^确定|^確定|^确认|^提交|^로그인|^다음|^계속|^확인/i;

/** Agrees to what an application asks for. */
export const AGREE =
  /^(allow|accept|agree|i agree|approve|authori[sz]e|grant|consent|yes)\b|許可|同意|承認|承諾|^はい|^(zulassen|erlauben|zustimmen|akzeptieren|annehmen|ja)\b|^(autoriser|accepter|j'accepte|oui)|^(permitir|aceptar|autorizar|sí)|^(consenti|accetta|autorizza|sì)|^(aceitar|sim\b)|^(toestaan|accepteren|akkoord)|^(允许|允許|授权|授權|接受|是$)|허용|동의/i;

/** Never pressed: says no, goes elsewhere, or changes the page and not the sign-in. */
export const NEVER = new RegExp(
  [
    // Says no, or goes back.
    String.raw`\b(cancel|deny|denied|decline|reject|refuse|abort|disagree|don'?t|do not|not now|back|return|dismiss|close|exit|quit|reset|clear|remove|forget|delete|edit|change|stay)\b|^no\b|^\s*[×✕x]\s*$`,
    'キャンセル|拒否|しない|いいえ|戻る|中止|やめる|閉じる|取り消|クリア|削除|変更|同意しません|許可しません',
    String.raw`abbrechen|ablehnen|zurück|verweigern|^nein\b|annuler|refuser|retour|^non\b|cancelar|denegar|rechazar|volver|atrás`,
    String.raw`annulla|rifiuta|\bnega\b|indietro|recusar|\bnegar\b|voltar|^não\b|annuleren|weigeren|\bterug\b|^nee\b`,
    '取消|拒绝|拒絕|返回|不同意|不允许|^否$|취소|거부|뒤로|아니[요오]|하지 않',
    // Goes elsewhere.
    String.raw`forgot|lost|trouble|can'?t (access|sign|log)|need help|\bhelp\b|reset|recover|unlock|sign[- ]?up|register|create|new (user|account|here)|get started|join|sign[- ]?out|log[- ]?out|switch|not you|another way|other (ways?|options?|methods?)|different (method|way)|resend|send (a |me )?(new|again|email|code|sms|text)|call me|try again|learn more|details|privacy|terms|policy|cookie|contact|feedback|download|install|support|show|hide|reveal|toggle|view|copy|print|menu`,
    '忘れ|お困り|ヘルプ|再設定|リセット|登録|新規|作成|お持ちでない|ログアウト|サインアウト|別の方法|他の方法|その他の|再送|詳細|プライバシー|規約|ポリシー|お問い合わせ|表示|非表示|切り替え|電話する',
    'vergessen|registrieren|konto erstellen|hilfe|abmelden|anzeigen|oublié|inscri|créer|aide|afficher|olvid|registr(arse|o)|crear|ayuda|mostrar',
    String.raw`dimenticat|registrati|crea (un )?account|aiuto|mostra|esquec|registar|cadastr|criar|ajuda|vergeten|registreren|\btoon\b|\besci\b|\bsair\b|uitloggen|afmelden`,
    '忘记|忘記|注册|註冊|帮助|幫助|显示|顯示|退出|登出|찾기|가입|도움말|로그아웃|비밀번호 재설정',
    // Signs in in another way.
    String.raw`passkey|security key|windows hello|face id|touch id|fingerprint|qr|single sign|\bsso\b|smart ?card|certificate|magic link|パスキー|セキュリティ ?キー|生体認証|証明書`,
    // Languages of the page.
    String.raw`^(english|日本語|deutsch|français|español|italiano|português|한국어|中文|简体中文|繁體中文|русский|language|言語|en|ja|de|fr|es)( \(.*\))?$`,
  ].join('|'),
  'i',
);

/** Other providers that a page offers to sign in with. */
export const BRAND =
  /\b(google|apple|microsoft|facebook|meta|github|gitlab|bitbucket|linkedin|twitter|line|yahoo|amazon|slack|okta|auth0|discord|paypal|twitch|kakao|naver|wechat|steam|spotify|salesforce|azure|entra|saml|x)\b|楽天|ドコモ|dアカウント|au ?id|ソフトバンク|微信/i;

/** Another account than those a page offers. */
export const ANOTHER_ACCOUNT =
  /(use|sign in (with|to|using)|log in (with|to)|choose|add) (an?other|a different|other) (account|user|e-?mail)|^(an?other|a different|other) (account|user)|別のアカウント|他のアカウント|別のユーザー|アカウントを追加|anderes konto|autre compte|otra cuenta|altro account|outra conta|ander account|(其他|别的)(帐户|账户|账号|帐号)|其他帳[戶號]|다른 계정/i;

/** Asks which account to sign in with. */
export const CHOOSE_ACCOUNT =
  /(choose|pick|select) (an|your) account|which account|アカウントを?(の)?(選択|選ぶ|選んで)|konto (aus)?wählen|choisi(r|ssez) un compte|(elegir|elige|selecciona) una cuenta|(scegli|seleziona) un account|(escolh[ae]r?|selecion[ea]r?) uma conta|kies een account|选择(一个)?(帐户|账户|账号|帐号)|選擇(一個)?帳[戶號]|계정(을)? 선택/i;

/** Asks whether the browser is to be remembered. */
export const STAY_SIGNED_IN =
  /stay signed in|keep me signed in|remember (me|this (device|browser))|don'?t ask again|サインインの状態を維持|ログイン状態を(保持|維持)|angemeldet bleiben|rester connecté|mantener la sesión|rest(a|are) (collegato|connesso)|manter (a )?sessão|aangemeld blijven|保持登[录錄入]|로그인 상태 유지/i;

/** The second factor that a secret can answer, on a page that offers several. */
export const AUTHENTICATOR_APP =
  /authenticat(or|ion) app|google authenticator|microsoft authenticator.*code|verification code from|code from (my|your|an) (mobile )?app|\btotp\b|one-time (password|code) (app|generator)|認証(システム)?アプリ|ワンタイムパスワード ?アプリ|authenticator-app|application d'authentification|aplicación de autenticación/i;

/** The question of a sign-out, and its yes. */
export const SIGN_OUT =
  /\b(sign|log)(ging|ning)?[- ]?(me )?out\b|サインアウト|ログアウト|abmelden|déconnexion|déconnecter|cerrar sesión|\besci\b|disconnett|terminar sessão|\bsair\b|uitloggen|afmelden|退出登录|登出|로그아웃/i;

/** Only a person can do it. */
export const CAPTCHA = /captcha|not a robot|are human|ロボットではありません|人間であること/i;

export const PASSKEY =
  /passkey|security key|windows hello|approve (the )?(sign[- ]?in )?request|tap (yes|approve)|push notification|パスキー|セキュリティ ?キー|通知を承認/i;

/** The account itself is barred. Said before anything is typed, too. */
export const LOCKED =
  /(account|user|sign[- ]?in|login|access|you).{0,40}\b(locked|disabled|suspended|blocked|deactivated|banned)\b|\b(locked out|temporarily (locked|disabled|blocked))|too many (failed |unsuccessful |wrong |login |sign[- ]?in )*(attempts|tries|requests)|アカウント.{0,20}(ロック|無効|停止|凍結|利用できません)|ロックされ|試行回数|回数が(上限|多)|konto.{0,30}(gesperrt|deaktiviert)|compte.{0,30}(bloqué|verrouillé|désactivé)|cuenta.{0,30}(bloqueada|deshabilitada)|account.{0,30}(bloccato|disattivato|geblokkeerd)|conta.{0,30}(bloqueada|desativada)|(账户|账号|帐户|帐号|帳戶|帳號).{0,10}(锁定|鎖定|停用|冻结|禁用)|계정.{0,12}(잠[겼금]|비활성|정지)/i;

/** What was typed is not accepted. */
export const REJECTED =
  /\b(incorrect|wrong|invalid|mismatch|expired)\b|(do|does|did)(n'?t| not) (match|exist|recogni[sz]e)|(not|no|n'?t) (recogni[sz]ed?|find|found|valid|correct|right|accept(ed)?|authenticate[d]?|match|have an account)|(sign[- ]?in|log[- ]?in|authentication|verification) (failed|was unsuccessful|error)|unable to (sign|log) (you )?in|failed to (sign|log) in|no (such )?(account|user)|unknown user|check your (user|e-?mail|password|credentials)|(もう一度|再度).{0,12}(入力|試し|お試し)|違います|違って|正しくありません|正しくない|間違|誤り|誤って|一致しません|見つかりません|存在しません|認識できません|無効(な|です)|失敗しました|期限切れ|falsch|ungültig|nicht (korrekt|gefunden|erkannt)|fehlgeschlagen|incorrect(e)?s?\b|invalide|introuvable|erroné|incorrect[ao]s?|no (válid|coincide|encontr)|non (è |sono )?(valid|corrett|riconosciut|trovat)|errat[aoie]\b|sbagliat|inválid|incorret[ao]s?|não (confere|encontrad|coincide)|onjuist|ongeldig|niet (gevonden|herkend|correct|juist)|错误|錯誤|不正确|不正確|无效|無效|不存在|올바르지|잘못|일치하지|찾을 수 없/i;

/** What was typed as the account is not known: said of a page's password as well, it is not about that. */
export const UNKNOWN_ACCOUNT =
  /(no|n'?t|not|unable to|cannot) (find|found|locate|recogni[sz]ed?).{0,30}(account|user|e-?mail)|(account|user|e-?mail)( name| address)?( (was|is|could|does|has))?( not|n'?t)( be)? (found|exist|known|recogni[sz]ed|registered)|no (such )?(account|user)\b|unknown (account|user)|(アカウント|ユーザー?|会員|メールアドレス)[^。]{0,12}(見つかりません|存在しません|登録されていません)|(konto|benutzer).{0,20}nicht (gefunden|bekannt)|(compte|utilisateur).{0,20}(introuvable|n'existe)|(cuenta|usuario).{0,20}no (existe|encontr)|(账户|账号|帐户|帐号|用户|帳戶|帳號|用戶).{0,6}不存在/i;

/** The provider has an error of its own to tell, in place of a sign-in page. */
export const PROVIDER_ERROR =
  /redirect[_ ]?ur[il]|reply url|callback url|AADSTS\d+|\binvalid[_ ](request|client|scope|parameter|redirect)|unauthorized_client|unsupported_response_type|(client|application|app) (was )?not (found|registered|enabled|allowed)|client.{0,30}(unknown|disabled|not found)|リダイレクト ?ur[il]|クライアント.{0,20}(見つかりません|無効|登録されていません)|登録されていません/i;

/** Weaker: titles of pages that say no more. */
export const ERROR_TITLE =
  /\berror\b|we'?re sorry|sorry[,.!]|something went wrong|oops|bad request|forbidden|not found|unavailable|エラー|問題が発生|申し訳|fehler|erreur|\berrore?\b|\berro\b|错误|錯誤|오류/i;

/** What a page without script says to those who have none. */
export const WANTS_SCRIPT =
  /(enable|turn on|requires?|need|without|activate) (your )?java ?script|java ?script (is|must|needs|has).{0,30}(enabled|required|disabled|off|on\b)|java ?script を?が?.{0,12}(有効|無効|必要)/i;
