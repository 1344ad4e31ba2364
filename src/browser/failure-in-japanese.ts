/** What happened, for the codes a person in a browser meets. */
const SENTENCES: Readonly<Record<string, string>> = {
  access_denied: 'サインインが拒否またはキャンセルされました。',
  login_required: 'プロバイダーへのサインインが必要ですが、画面を表示しない設定(prompt=none)で要求されました。',
  consent_required: '利用者の同意が必要ですが、画面を表示しない設定(prompt=none)で要求されました。',
  interaction_required: '利用者の操作が必要ですが、画面を表示しない設定(prompt=none)で要求されました。',
  account_selection_required: 'アカウントの選択が必要ですが、画面を表示しない設定(prompt=none)で要求されました。',
  invalid_scope: '要求したスコープをプロバイダーが受け付けませんでした。',
  invalid_target: '要求したリソースをプロバイダーが受け付けませんでした。',
  invalid_request: 'プロバイダーは要求が正しくないと判断しました。',
  unauthorized_client: 'このクライアントには、この操作が許可されていません。',
  provider_server_error: 'プロバイダー側でエラーが発生しました。',
  provider_unavailable: 'プロバイダーは現在利用できません。',
  authorization_refused: 'プロバイダーがサインインを拒否しました。',
  unsupported_response_type: 'このクライアントには認可コードの発行が許可されていません。',
  unsupported_grant_type: 'このクライアントにはこのグラントタイプが許可されていません。',
  response_too_large: 'プロバイダーの応答が大きすぎます。',
  invalid_client: 'プロバイダーがクライアントの認証を受け付けませんでした。',
  invalid_grant: 'プロバイダーが認可コードを受け付けませんでした。',
  no_id_token: 'プロバイダーから ID トークンが返されませんでした。',
  userinfo_subject_mismatch: 'UserInfo と ID トークンが別の利用者を示しています。',
  callback_issuer_mismatch: '応答が別の発行者(issuer)から届きました。',
  callback_invalid: '届いた応答は認可レスポンスとして正しくありません。',
  key_set_unavailable: 'プロバイダーの鍵セット(JWKS)を取得できませんでした。',
  connector_code_missing: 'プロバイダーの応答に認可コードがありません。Logto はこのサインインを受け付けません。',
  connector_client_assertion_failed: 'コネクターの設定ではクライアントアサーションに署名できません。',
  connector_endpoint_invalid: 'コネクターのエンドポイントが正しい URL ではありません。',
  connector_verification_config_invalid: 'コネクターの idTokenVerificationConfig に使えない値があります。',
  connector_token_refused: 'トークンエンドポイントが Logto と同じ要求を拒否しました。',
  connector_token_response_invalid: 'トークンエンドポイントの応答は Logto が受け付けない形式です。',
  connector_token_unreachable: 'トークンエンドポイントと通信できませんでした。',
  connector_key_set_unavailable: 'プロバイダーの鍵セット(JWKS)を取得できませんでした。',
  connector_id_token_refused: 'ID トークンの検証に失敗しました。Logto はこのサインインを受け付けません。',
  connector_claims_refused: 'ID トークンのクレームは Logto が受け付けない型です。',
  connector_nonce_mismatch: 'ID トークンの nonce が送信したものと異なります。',
};

/** What happened, by the beginning of the code, where it has no sentence of its own. */
const FAMILIES: readonly (readonly [string, string])[] = [
  ['id_token_', 'ID トークンの検証に失敗しました。'],
  ['clock_', 'この端末とプロバイダーの時刻がずれています。'],
  ['token_', 'トークンエンドポイントから正しい応答が得られませんでした。'],
  ['userinfo_', 'UserInfo エンドポイントから正しい応答が得られませんでした。'],
  ['network_', 'プロバイダーと通信できませんでした。'],
  ['tls_', 'プロバイダーと安全な接続(TLS)を確立できませんでした。'],
  ['proxy_', 'プロキシを経由した通信に失敗しました。'],
  ['store_', 'セッションを保存できませんでした。'],
];

/**
 * One Japanese sentence on a failure, by its stable code; undefined for a code
 * that has none, where the page's title and the English words must do.
 */
export function failureInJapanese(code: string): string | undefined {
  return SENTENCES[code] ?? FAMILIES.find(([beginning]) => code.startsWith(beginning))?.[1];
}
